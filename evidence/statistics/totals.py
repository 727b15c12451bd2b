"""Intervals of a sum whose terms hang together in time: the circular block bootstrap (Politis & Romano 1992).

Blocks wrap round the end. What hangs together within a block is kept together; it refuses to claim more, so where outcomes
hang together over longer spans the truth is wider.
"""

import numpy as np
from numpy.typing import NDArray

from config.frozen import Frozen

RESAMPLES = 2000

Floats = NDArray[np.float64]


class Interval(Frozen):
    """An estimate with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def total_interval(values: Floats, block: int, rng: np.random.Generator, resamples: int = RESAMPLES) -> Interval:
    """The sum of `values`, shape (n,) in order of time, n at least 1, with its interval by the circular block bootstrap.

    Blocks hold `block` values, at most n; each resample has n values, its last block cut short.
    """
    n = len(values)
    size = min(max(1, block), n)
    sums = np.concatenate(([0.0], np.cumsum(np.concatenate((values, values)))))
    whole, rest = divmod(n, size)
    starts = rng.integers(0, n, size=(resamples, whole + 1))
    totals = (sums[starts[:, :whole] + size] - sums[starts[:, :whole]]).sum(axis=1)
    totals += sums[starts[:, whole] + rest] - sums[starts[:, whole]]
    low, high = np.quantile(totals, (0.025, 0.975))
    return Interval(value=float(values.sum()), low=float(low), high=float(high))
