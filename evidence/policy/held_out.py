"""What a model itself did on bars that nothing has read before: its account and that of its base, side by side."""

import numpy as np

from evidence.policy.arms import base_rule
from evidence.policy.judging import PER_YEAR
from evidence.policy.learners import acting
from evidence.policy.openings import Shown
from evidence.policy.playing import DEPLOYED, RETURN, days_of, play_rules
from evidence.policy.retrained import trained_of
from evidence.statistics.pooled import pooled_sharpe
from rl.environment.tape import PolicyTape
from rl.model import PolicyModel


def look(model: PolicyModel, tape: PolicyTape) -> Shown:
    """Run a model and its base once over a tape. Raises UsageFault for a model whose base is not known."""
    trained = trained_of(model)
    rules = [acting(trained.base, trained.act), base_rule(trained.base)]
    own, base = (days_of(tape, runs[0]) for runs in play_rules([tape], rules))
    deployed, wanted = float(own[:, DEPLOYED].mean()), float(base[:, DEPLOYED].mean())
    return Shown(
        growth=_growth(own[:, RETURN]),
        base_growth=_growth(base[:, RETURN]),
        sharpe=pooled_sharpe(own[None, :, RETURN], per_year=PER_YEAR),
        base_sharpe=pooled_sharpe(base[None, :, RETURN], per_year=PER_YEAR),
        deepest_fall=_fall(own[:, RETURN]),
        base_deepest_fall=_fall(base[:, RETURN]),
        at_equal_exposure_fall=_fall(own[:, RETURN] * wanted / deployed) if deployed > 0.0 else None,
        days=len(own),
    )


def _growth(returns: np.ndarray) -> float:
    return float(np.prod(1.0 + returns) - 1.0)


def _fall(returns: np.ndarray) -> float:
    wealth = np.cumprod(1.0 + returns)
    return float((1.0 - wealth / np.maximum(np.maximum.accumulate(wealth), 1.0)).max())
