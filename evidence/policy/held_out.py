"""What a model itself did on bars that nothing has read before: its account, that of its base, and that of the ruling alone.

Each of its seeds runs alone beside them. Nothing is chosen here: base, weights and scaler are those of the model.
"""

import numpy as np

from evidence.policy.arms import ALWAYS, BASE, base_rule, same
from evidence.policy.folds import PPO, Arm
from evidence.policy.judging import PER_YEAR, result_of, seeds_of
from evidence.policy.learners import acting
from evidence.policy.openings import Shown
from evidence.policy.playing import DEPLOYED, RETURN, days_of, play_rules
from evidence.policy.retrained import trained_of
from evidence.statistics.blocks import LEAST_BARS
from evidence.statistics.pooled import pooled_sharpe
from rl.environment.tape import PolicyTape
from rl.model import PolicyModel

_WORDS = {BASE: "volatility target, tuned", ALWAYS: "the ruling stands", PPO: "the policy, mean of its seeds"}


def look(model: PolicyModel, tape: PolicyTape, seed: int) -> Shown:
    """Run a model, its base and the ruling as it stands once over a tape. `seed`: of the bootstrap.

    Fewer than 30 days have no intervals: then only the first figures are told. Raises UsageFault for a model whose base is not
    known.
    """
    trained = trained_of(model)
    rules = [acting(trained.base, trained.act), base_rule(trained.base), same(1.0)]
    played = play_rules([tape], [*rules, *(acting(trained.base, each) for each in trained.seeds)])
    own, base, left, *seeds = (days_of(tape, runs[0]) for runs in played)
    deployed, wanted = float(own[:, DEPLOYED].mean()), float(base[:, DEPLOYED].mean())
    arms = [_arm(name, days) for name, days in ((BASE, base), (ALWAYS, left), (PPO, own))]
    shown = Shown(
        growth=_growth(own[:, RETURN]),
        base_growth=_growth(base[:, RETURN]),
        sharpe=pooled_sharpe(own[None, :, RETURN], per_year=PER_YEAR),
        base_sharpe=pooled_sharpe(base[None, :, RETURN], per_year=PER_YEAR),
        deepest_fall=_fall(own[:, RETURN]),
        base_deepest_fall=_fall(base[:, RETURN]),
        at_equal_exposure_fall=_fall(own[:, RETURN] * wanted / deployed) if deployed > 0.0 else None,
        days=len(own),
        returns={arm.name: tuple(arm.returns[0].tolist()) for arm in arms},
    )
    if len(own) < LEAST_BARS:
        return shown
    alone = np.array([days[None, :, RETURN] for days in seeds])
    beside = {"arms": tuple(result_of(arm, arms[0], seed) for arm in arms), "seeds": seeds_of(alone, arms[0].returns)}
    return shown.model_copy(update=beside)


def _arm(name: str, days: np.ndarray) -> Arm:
    return Arm(name, _WORDS[name], days[None], (), np.ascontiguousarray(days[:, RETURN, None]))


def _growth(returns: np.ndarray) -> float:
    return float(np.prod(1.0 + returns) - 1.0)


def _fall(returns: np.ndarray) -> float:
    wealth = np.cumprod(1.0 + returns)
    return float((1.0 - wealth / np.maximum(np.maximum.accumulate(wealth), 1.0)).max())
