"""The verdict on a policy: what each arm made out of sample, the paired difference to the base, and the criterion of decision 31.

    (1)  the pooled Sharpe ratio of the policy less that of its base is above 0 at 5 %, one-sided
    (2)  at equal exposure, its deepest fall is at least a fifth smaller than that of its base

Returns are scaled to the exposure, or the turnover, of the base before growth, falls and shortfalls are compared: otherwise a
rule that holds less would win. A Sharpe ratio is not changed by a scale. A policy that fails one part has not passed, and the
verdict says which.
"""

import math
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from config.frozen import Frozen, UtcTime
from config.seeds import generator
from evidence.policy.arms import BASE
from evidence.policy.folds import PPO, Arm, CrossValidated
from evidence.policy.playing import DECISIONS, DEPLOYED, FEES, SMALL, TRADED
from evidence.statistics.blocks import stationary_indices
from evidence.statistics.deflated import Deflated, deflate
from evidence.statistics.overfitting import Overfitting, probability_of_overfitting
from evidence.statistics.pooled import PooledDifference, pooled_difference, pooled_sharpe
from risk.measures.basic import historical_es
from rl.serving.promise import Promise

Floats = NDArray[np.float64]

PER_YEAR = 365.0
BLOCK_DAYS = 7.0
LEAST_RELIEF = 0.20
_LONG_BLOCK_DAYS = 30
_ES = 0.975


class AtEqual(Frozen):
    """An arm scaled to the base by `scale`. Growth is by year, falls and shortfalls are positive fractions of equity."""

    scale: float
    growth: float
    deepest_fall: float
    shortfall: float


class ArmResult(Frozen):
    """One arm, out of sample over all paths.

    `exposure`: mean share of equity deployed. `turnover` and `fees`: of equity, a year. `small`: share of decisions that leave
    less than 5 % of a size. `shortfall`: expected shortfall of a day at 97.5 %. `by_path`: Sharpe ratio of each path, None for
    one that never traded. `settings`: the settings that were chosen, and on how many splits.
    """

    name: str
    words: str
    sharpe: float | None
    by_path: tuple[float | None, ...]
    growth: float
    deepest_fall: float
    shortfall: float
    exposure: float
    turnover: float
    fees: float
    small: float
    decisions: float
    difference: PooledDifference | None
    at_equal_exposure: AtEqual | None
    at_equal_turnover: AtEqual | None
    settings: dict[str, int]


class Seeds(Frozen):
    """The seeds of a policy, each judged alone: pooled Sharpe ratios less that of the base."""

    differences: tuple[float, ...]
    interquartile_mean: float
    share_better: float


class Judgement(Frozen):
    """All arms, and what they say of the policy."""

    label: str
    markets: tuple[str, ...]
    start_utc: UtcTime
    end_utc: UtcTime
    days: int
    accounts: int
    groups: int
    tested: int
    splits: int
    paths: int
    gap_days: int
    held_days: int
    arms: tuple[ArmResult, ...]
    seeds: Seeds | None
    trials: int
    deflated: Deflated | None
    overfitting: Overfitting

    def arm(self, name: str) -> ArmResult | None:
        """The arm of this name."""
        return next((each for each in self.arms if each.name == name), None)

    @property
    def policy(self) -> ArmResult | None:
        """The policy; None if none was judged."""
        return self.arm(PPO)

    @property
    def better(self) -> bool:
        """Whether the first part of the criterion holds: the policy beats its base."""
        policy = self.policy
        return policy is not None and policy.difference is not None and policy.difference.is_shown

    @property
    def relief(self) -> float | None:
        """By how much the deepest fall of the policy is smaller than that of its base, at equal exposure [fraction of it]."""
        policy, base = self.policy, self.arm(BASE)
        if policy is None or base is None or policy.at_equal_exposure is None or not base.deepest_fall > 0.0:
            return None
        return 1.0 - policy.at_equal_exposure.deepest_fall / base.deepest_fall

    @property
    def calmer(self) -> bool:
        """Whether the second part holds."""
        return self.relief is not None and self.relief >= LEAST_RELIEF

    @property
    def passed(self) -> bool:
        """Whether `active` may be offered."""
        return self.better and self.calmer

    @property
    def why(self) -> str:
        """The verdict in plain words, with its figures."""
        policy = self.policy
        if policy is None:
            return "No policy was judged: these are the arms that it would have to beat."
        told = policy.difference
        if told is None or told.value is None or told.low is None or told.high is None:
            return "The policy or its base never traded out of sample, so nothing is shown."
        words = "beat" if self.better else "was not shown to beat"
        first = (
            f"PPO {words} its base: the Sharpe ratio differs by {told.value:+.2f}, with a 90 % interval from {told.low:+.2f} to "
            f"{told.high:+.2f}; this sample could have shown {told.smallest:.2f}."
        )
        if self.relief is None:
            return f"{first} Its deepest fall cannot be compared at equal exposure."
        side = "smaller" if self.relief >= 0.0 else "larger"
        second = f"At equal exposure its deepest fall is {abs(self.relief):.0%} {side}, and {LEAST_RELIEF:.0%} smaller is asked."
        return f"{first} {second}"


def judge(
    found: CrossValidated, *, label: str, seed: int, start_utc: datetime, end_utc: datetime, trials: int
) -> Judgement:
    """The judgement on all arms. `trials`: configurations that were tried on these bars, those before this one included."""
    layout = found.layout
    base = found.arm(BASE)
    arms = tuple(result_of(arm, base, seed) for arm in found.arms)
    tried = np.column_stack([arm.trials for arm in found.arms])
    tried = tried[:, tried.std(axis=0) > 0.0]
    candidate = next((arm for arm in found.arms if arm.name == PPO), base)
    plan = layout.plan
    return Judgement(
        label=label,
        markets=tuple(dict.fromkeys(symbol for tape in layout.accounts for symbol in tape.course.grid.symbols)),
        start_utc=start_utc,
        end_utc=end_utc,
        days=layout.days,
        accounts=len(layout.accounts),
        groups=len(plan.groups),
        tested=len(plan.tested[0]),
        splits=len(plan.splits),
        paths=len(plan.paths),
        gap_days=layout.gap_days,
        held_days=layout.held_days,
        arms=arms,
        seeds=seeds_of(found.seeds, base.returns) if len(found.seeds) else None,
        trials=trials,
        deflated=_deflated(candidate.returns.mean(axis=0), tried, trials),
        overfitting=probability_of_overfitting(tried, bars_per_year=PER_YEAR, blocks=10),
    )


def promise_of(arm: Arm, seed: int) -> Promise | None:
    """What the account of an arm may be expected to do by day: the mean of its paths, and the spread of one path."""
    mean = arm.returns.mean(axis=0)
    rng, days = generator(seed, "policy", "promise"), len(mean)
    drawn = [float(mean[stationary_indices(days, BLOCK_DAYS, rng)].mean()) for _ in range(2000)]
    whole = days // _LONG_BLOCK_DAYS * _LONG_BLOCK_DAYS
    if whole < 2 * _LONG_BLOCK_DAYS:
        return None
    sums = arm.returns[:, :whole].reshape(len(arm.returns), -1, _LONG_BLOCK_DAYS).sum(axis=2)
    sd = float(np.sqrt((sums.var(axis=1, ddof=1) / _LONG_BLOCK_DAYS).mean()))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Promise(low=float(low), high=float(high), sd=sd, days=days) if sd > 0.0 else None


def result_of(arm: Arm, base: Arm, seed: int) -> ArmResult:
    """What an arm made beside the base, on the same days and paths. `seed`: of the bootstrap."""
    returns, means = arm.returns, arm.days.mean(axis=(0, 1))
    by_path = tuple(pooled_sharpe(path[None, :], per_year=PER_YEAR) for path in returns)
    pair = pooled_difference(returns, base.returns, per_year=PER_YEAR, seed=seed, block=BLOCK_DAYS)
    own = _scaled(returns, 1.0)
    decisions = float(means[DECISIONS])
    return ArmResult(
        name=arm.name,
        words=arm.words,
        sharpe=pooled_sharpe(returns, per_year=PER_YEAR),
        by_path=by_path,
        growth=own.growth,
        deepest_fall=own.deepest_fall,
        shortfall=own.shortfall,
        exposure=float(means[DEPLOYED]),
        turnover=float(means[TRADED]) * PER_YEAR,
        fees=float(means[FEES]) * PER_YEAR,
        small=float(means[SMALL]) / decisions if decisions > 0.0 else 0.0,
        decisions=decisions * arm.days.shape[1],
        difference=None if arm.name == BASE else pair,
        at_equal_exposure=_at_equal(arm, base, DEPLOYED),
        at_equal_turnover=_at_equal(arm, base, TRADED),
        settings={words: arm.settings.count(words) for words in dict.fromkeys(arm.settings) if words},
    )


def _at_equal(arm: Arm, base: Arm, figure: int) -> AtEqual | None:
    own, wanted = float(arm.days[:, :, figure].mean()), float(base.days[:, :, figure].mean())
    return _scaled(arm.returns, wanted / own) if own > 0.0 and wanted > 0.0 else None


def _scaled(returns: Floats, scale: float) -> AtEqual:
    """Figures of paths whose returns are multiplied by `scale`; the deepest fall is that of the worst path."""
    moved = np.maximum(returns * scale, -0.999)
    wealth = np.cumprod(1.0 + moved, axis=1)
    peak = np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0)
    growth = float(np.exp(np.log(wealth[:, -1]).mean() * PER_YEAR / returns.shape[1]) - 1.0)
    fall = float((1.0 - wealth / peak).max())
    flat = moved.ravel()
    shortfall = max(0.0, historical_es(flat, confidence=_ES)) if flat.std() > 0.0 else 0.0
    return AtEqual(scale=scale, growth=growth, deepest_fall=fall, shortfall=shortfall)


def seeds_of(seeds: Floats, base: Floats) -> Seeds:
    """Each seed of a policy alone, beside the base.

    `seeds`, shape (n_seeds, n_paths, n_days); `base`, shape (n_paths, n_days): float64 [simple return of a day].
    """
    own = pooled_sharpe(base, per_year=PER_YEAR) or 0.0
    each = np.array([(pooled_sharpe(paths, per_year=PER_YEAR) or 0.0) - own for paths in seeds])
    ranked = np.sort(each)
    cut = math.floor(len(ranked) / 4)
    return Seeds(
        differences=tuple(each.tolist()),
        interquartile_mean=float(ranked[cut : len(ranked) - cut].mean()),
        share_better=float((each > 0.0).mean()),
    )


def _deflated(returns: Floats, tried: Floats, trials: int) -> Deflated | None:
    """`returns`, shape (n_days,); `tried`, shape (n_days, n_settings): daily returns."""
    ratios = tried.mean(axis=0) / tried.std(axis=0, ddof=1)
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else None
    return deflate(returns, bars_per_year=PER_YEAR, trials=max(1, trials), trial_variance=variance)
