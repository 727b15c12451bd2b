"""Sets of voters tried side by side on the same folds of years, through court and gate, to choose those of the default profile.

The rules are those of `docs/decisions/025-the-default-voters.md`. Nothing is fitted: a fold is a session of its own that has only
its past as warm-up, and a set's figures are those of its folds put end to end.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from agents.desk.world import World
from config.frozen import Frozen
from config.sections.strategies import StrategyContext
from evidence.statistics.bootstrap import curve_returns, intervals
from evidence.statistics.key_figures import Measure
from evidence.worlds.world import Curve
from market.candles import Floats
from risk.measures.ratios import sharpe

CHOOSING = (2019, 2020, 2021, 2022)
HELD_OUT = (2023, 2024)
SETS: dict[str, tuple[str, ...]] = {
    "trend_ensemble": ("trend_ensemble",),
    "cross_momentum": ("cross_momentum",),
    "both": ("trend_ensemble", "cross_momentum"),
    "the filtered ones": ("trend_breakout", "ema_adx", "macro_trend", "range_bounce", "calm_squeeze"),
    "the old four": ("ema_cross", "golden_cross", "rsi_bounce", "momentum_breakout"),
}
"""The candidates of which all that they read is recorded for the whole window."""
OLD = "the old four"
_LEAST_GOOD, _DEEPEST, _NEAR = 3, 0.20, 0.1
_CONFIDENCE = 0.90
_DAY_S = 86_400


class Tried(Frozen):
    """One set. `folds`: its Sharpe ratio a year in each fold. `sharpe_low` and `sharpe_high`: the interval at 90 %."""

    name: str
    voters: int
    folds: tuple[float | None, ...]
    sharpe: float | None
    sharpe_low: float | None
    sharpe_high: float | None
    growth: float
    deepest_fall: float
    deployed: float
    trades: int

    @property
    def good_folds(self) -> int:
        """The folds with a Sharpe ratio above 0."""
        return sum(each is not None and each > 0 for each in self.folds)


class Fold(NamedTuple):
    """One session of the trial."""

    name: str
    year: int
    world: World


def folds(world: World, years: Sequence[int], names: Sequence[str] = tuple(SETS)) -> tuple[Fold, ...]:
    """The sessions of each set in each year. The last day of a year closes with it; nothing later is read."""
    made = []
    for name in names:
        voters = tuple(StrategyContext(strategy=each) for each in SETS[name])
        settings = world.settings.model_copy(update={"strategies": voters})
        for year in years:
            span = {"start_utc": datetime(year, 1, 1, tzinfo=UTC), "end_utc": datetime(year + 1, 1, 1, tzinfo=UTC)}
            bars = world.bars.model_copy(update=span)
            made.append(Fold(name, year, world.model_copy(update={"settings": settings, "bars": bars})))
    return tuple(made)


def tried(made: Sequence[Fold], curves: Sequence[Curve], seed: int) -> tuple[Tried, ...]:
    """The figures of each set, in the order of the folds. `seed` is that of the resampling."""
    by_name: dict[str, list[Curve]] = {}
    for fold, curve in zip(made, curves, strict=True):
        by_name.setdefault(fold.name, []).append(curve)
    return tuple(_tried(name, found, seed) for name, found in by_name.items())


def chosen(found: Sequence[Tried]) -> str | None:
    """The set that rules 5 and 6 choose; None where none passes."""
    old = next(each for each in found if each.name == OLD)
    passed = [each for each in found if each.name != OLD and _passes(each, old)]
    if not passed:
        return None
    best = max(_low(each) for each in passed)
    return min(
        (each for each in passed if _low(each) >= best - _NEAR), key=lambda each: (each.voters, -_low(each))
    ).name


def _passes(each: Tried, old: Tried) -> bool:
    return each.good_folds >= _LEAST_GOOD and each.deepest_fall < _DEEPEST and _low(each) > _low(old)


def _low(each: Tried) -> float:
    return -np.inf if each.sharpe_low is None else each.sharpe_low


def _tried(name: str, found: Sequence[Curve], seed: int) -> Tried:
    days = [_daily(curve) for curve in found]
    returns = np.concatenate(days)
    year = timedelta(days=365).total_seconds() / _DAY_S
    spread = intervals(returns, bars_per_year=year, seed=seed, confidence=_CONFIDENCE).of(Measure.SHARPE)
    equity = np.concatenate(([1.0], np.cumprod(1.0 + returns)))
    return Tried(
        name=name,
        voters=len(SETS[name]),
        folds=tuple(sharpe(each, bars_per_year=year) for each in days),
        sharpe=spread.value,
        sharpe_low=spread.low,
        sharpe_high=spread.high,
        growth=float(equity[-1] - 1.0),
        deepest_fall=float((1.0 - equity / np.maximum.accumulate(equity)).max()),
        deployed=float(np.mean([curve.deployed for curve in found])),
        trades=sum(curve.trades for curve in found),
    )


def _daily(curve: Curve) -> Floats:
    """The returns of whole days, shape (n_days,), float64 [simple return]."""
    step = max(1, _DAY_S // curve.timeframe_s)
    return curve_returns(np.array(curve.equity)[::step])
