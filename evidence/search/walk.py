"""Walk-forward test: choose a parameter set on the past, test it with the full engine on the bars that follow.

On each train window every set is ranked by its Sharpe ratio. The best set runs with a new account through the full engine on the
test window, which follows after a gap (purge and embargo, see `evidence.statistics.splits`). The joined tests are the result of
the method. The report adds combinatorial purged cross-validation of the same choice and the probability of backtest overfitting.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from agents.desk.world import World
from config.frozen import Frozen, UtcTime
from evidence.search.fast import sharpe_of
from evidence.search.space import Values, applied
from evidence.statistics.bootstrap import Intervals, curve_returns, intervals
from evidence.statistics.overfitting import Overfitting, probability_of_overfitting
from evidence.statistics.splits import Span, Split, combinatorial_purged
from evidence.worlds.world import Curve

Floats = npt.NDArray[np.float64]


class Fold(Frozen):
    """One step: the chosen set and its test result. Sharpe ratios are annual; None for constant returns."""

    train_utc: tuple[UtcTime, UtcTime]
    test_utc: tuple[UtcTime, UtcTime]
    chosen: Values
    sharpe_train: float | None
    sharpe_test: float | None
    growth_test: float
    trades_test: int


class Paths(Frozen):
    """Combinatorial purged cross-validation: the Sharpe ratio of each path, annual."""

    groups: int
    tested: int
    splits: int
    sharpes: tuple[float, ...]


class WalkForward(Frozen):
    """All folds, the joined tests, and the measures of overfitting."""

    label: str
    symbols: tuple[str, ...]
    sets: int
    folds: tuple[Fold, ...]
    joined: Intervals
    growth: float
    cross_validation: Paths
    overfitting: Overfitting


def chosen_on(returns: Floats, split: Split) -> int:
    """The column with the best Sharpe ratio on the train bars; the first of equals, or the first when all are constant.

    `returns`: shape (n_bars, n_sets), float64 [simple return], oldest first.
    """
    rows = returns[split.train_bars()]
    spread = rows.std(axis=0, ddof=1)
    sharpe = np.where(spread > 1e-15, rows.mean(axis=0) / np.where(spread > 1e-15, spread, 1.0), -np.inf)
    return int(np.argmax(sharpe))


def test_worlds(
    world: World, start: datetime, bar: timedelta, splits: Sequence[Split], chosen: Sequence[Values]
) -> list[World]:
    """A world for each test window, with the set that was chosen for it."""
    return [
        world.model_copy(
            update={
                "bars": world.bars.model_copy(
                    update={
                        "start_utc": start + split.test[0].start * bar,
                        "end_utc": start + split.test[0].stop * bar,
                    }
                ),
                "settings": applied(world.settings, values),
            }
        )
        for split, values in zip(splits, chosen, strict=True)
    ]


def folds_of(
    returns: Floats,
    splits: Sequence[Split],
    sets: Sequence[Values],
    tests: Sequence[Curve],
    start: datetime,
    bar: timedelta,
) -> tuple[Fold, ...]:
    """The folds from the chosen sets and the test results of the full engine.

    `returns`: shape (n_bars, n_sets), float64 [simple return] of the fast engine, oldest first; `start` is its first bar.
    """
    per_year = timedelta(days=365) / bar
    found = []
    for split, curve in zip(splits, tests, strict=True):
        column = chosen_on(returns, split)
        train, test = split.train[0], split.test[0]
        found.append(
            Fold(
                train_utc=_times(train, start, bar),
                test_utc=_times(test, start, bar),
                chosen=sets[column],
                sharpe_train=sharpe_of(returns[split.train_bars(), column], per_year),
                sharpe_test=sharpe_of(curve_returns(np.array(curve.equity)), per_year),
                growth_test=curve.equity[-1] / curve.equity[0] - 1.0,
                trades_test=curve.trades,
            )
        )
    return tuple(found)


def joined_returns(tests: Sequence[Curve]) -> Floats:
    """The bar returns of all tests, one after the other, shape (n_test_bars,), float64 [simple return]."""
    return np.concatenate([curve_returns(np.array(curve.equity)) for curve in tests])


def cross_validated(returns: Floats, per_year: float, *, groups: int, tested: int, horizon: int, embargo: int) -> Paths:
    """Combinatorial purged cross-validation of the choice, on the returns of the fast engine.

    `returns`: shape (n_bars, n_sets), float64 [simple return], oldest first. `horizon` and `embargo` [bars]. Raises ValueError
    as `combinatorial_purged` does.
    """
    plan = combinatorial_purged(len(returns), groups=groups, tested=tested, horizon=horizon, embargo=embargo)
    tests = [returns[split.test_bars(), chosen_on(returns, split)] for split in plan.splits]
    paths = plan.path_values(tests)
    found = tuple(sharpe_of(path, per_year) or 0.0 for path in paths)
    return Paths(groups=groups, tested=tested, splits=len(plan.splits), sharpes=found)


def judged(
    label: str,
    symbols: Sequence[str],
    returns: Floats,
    folds: tuple[Fold, ...],
    tests: Sequence[Curve],
    paths: Paths,
    per_year: float,
    seed: int,
) -> WalkForward:
    """The whole walk-forward report. `returns`: shape (n_bars, n_sets), float64 [simple return], oldest first."""
    joined = joined_returns(tests)
    return WalkForward(
        label=label,
        symbols=tuple(symbols),
        sets=returns.shape[1],
        folds=folds,
        joined=intervals(joined, bars_per_year=per_year, seed=seed),
        growth=float(np.prod(1.0 + joined) - 1.0),
        cross_validation=paths,
        overfitting=probability_of_overfitting(returns, bars_per_year=per_year),
    )


def _times(span: Span, start: datetime, bar: timedelta) -> tuple[datetime, datetime]:
    return start + span.start * bar, start + span.stop * bar
