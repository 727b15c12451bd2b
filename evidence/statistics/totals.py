"""Intervals of a sum whose terms depend on each other in time: the circular block bootstrap (Politis & Romano 1992).

Blocks continue at the start after the end. The bootstrap keeps only the dependence within a block; with dependence over longer
times the true interval is wider.
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
    """The sum of `values`, with its interval by the circular block bootstrap.

    `values`: shape (n,), n >= 1, float64 [any unit, kept], in order of time. Blocks have `block` values, at most n. Each
    resample has n values; its last block is cut.
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
