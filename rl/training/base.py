"""Tunes the base on the training part alone: of a small grid of volatility targets and blends, the best Sharpe ratio.

All rules of the grid run beside each other, on spot as lanes of one kernel call. The rule that changes nothing is one of them,
and wins a tie. The base is what a policy must beat, so it is tuned before PPO begins and never after it.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rl.action import Base
from rl.environment.lanes import lanes_of
from rl.environment.tape import PolicyTape

Floats = NDArray[np.float64]

TARGETS = (0.01, 0.015, 0.02, 0.03, 0.04, 0.06)
BLENDS = (0.0, 0.5, 1.0)
GRID = (Base(), *(Base(target, blend) for target, blend in product(TARGETS, BLENDS)))
_DAYS_A_YEAR = 365


class Tuned(NamedTuple):
    """The base, and the annual Sharpe ratio of each rule of the grid on the training part."""

    base: Base
    tried: tuple[tuple[Base, float], ...]


def tune(tapes: Sequence[PolicyTape], grid: Sequence[Base] = GRID) -> Tuned:
    """The best static rule on these tapes. Raises DataFault for tapes that do not fit together."""
    lanes = lanes_of([tape.course for _ in grid for tape in tapes], reviews=True)
    lanes.advance()
    while bool((asking := lanes.asking).any()):
        factors, rows = np.ones(len(lanes)), lanes.rows
        for number, rule in enumerate(grid):
            own = slice(number * len(tapes), (number + 1) * len(tapes))
            factors[own] = np.where(asking[own], rule.of(rows[own]), 1.0)
        lanes.advance(factors)
    found = []
    for number, rule in enumerate(grid):
        results = [lanes.result(number * len(tapes) + own).equity for own in range(len(tapes))]
        found.append((rule, pooled_sharpe(results, [tape.bars_per_day for tape in tapes])))
    return Tuned(max(found, key=lambda each: each[1])[0], tuple(found))


def daily_returns(equity: Floats, bars_per_day: float) -> Floats:
    """Returns from day to day, shape (n_days - 1,), float64 [simple return]. `equity`: shape (n_bars,), float64 [quote]."""
    step = max(1, round(bars_per_day))
    days = equity[step - 1 :: step]
    return np.asarray(days[1:] / days[:-1] - 1.0)


def pooled_sharpe(curves: Sequence[Floats], bars_per_day: Sequence[float]) -> float:
    """The annual Sharpe ratio of all daily returns of all accounts together; 0 where nothing moved.

    `curves`: equities, shape (n_bars,) each, float64 [quote].
    """
    daily = [daily_returns(curve, per_day) for curve, per_day in zip(curves, bars_per_day, strict=True)]
    pooled = np.concatenate(daily) if daily else np.zeros(0)
    if len(pooled) < 2:
        return 0.0
    sd = float(pooled.std(ddof=1))
    return float(pooled.mean()) / sd * _DAYS_A_YEAR**0.5 if sd > 1e-12 else 0.0
