"""The difference of two means of cases that overlap in time, with its interval by the circular block bootstrap."""

import numpy as np
from numpy.typing import NDArray

from evidence.statistics.totals import Interval

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

RESAMPLES = 400


def mean_difference(values: Floats, first: Mask, block: int, rng: np.random.Generator) -> Interval:
    """The mean of `values` where `first` holds less that of the others, with its 95 % interval.

    `values`: shape (n,), float64 [any unit, kept], in order of time. `first`: shape (n,), bool; both groups have a member. Blocks
    have `block` values, at most n, and keep the dependence of cases that overlap (Politis & Romano 1992).
    """
    n = len(values)
    size = min(max(1, block), n)
    starts = rng.integers(0, n, size=(RESAMPLES, -(-n // size)))
    one, other = np.where(first, values, 0.0), np.where(first, 0.0, values)
    ones, others = np.where(first, 1.0, 0.0), np.where(first, 0.0, 1.0)
    summed = [_in_blocks(column, starts, size) for column in (one, ones, other, others)]
    drawn = (summed[1] > 0) & (summed[3] > 0)
    differences = summed[0][drawn] / summed[1][drawn] - summed[2][drawn] / summed[3][drawn]
    value = float(values[first].mean() - values[~first].mean())
    low, high = np.quantile(differences, (0.025, 0.975)) if drawn.any() else (value, value)
    return Interval(value=value, low=min(value, float(low)), high=max(value, float(high)))


def _in_blocks(column: Floats, starts: NDArray[np.int64], size: int) -> Floats:
    """The sum of a column over the blocks of each resample, shape (n_resamples,)."""
    sums = np.concatenate(([0.0], np.cumsum(np.concatenate((column, column)))))
    found: Floats = (sums[starts + size] - sums[starts]).sum(axis=1)
    return found
