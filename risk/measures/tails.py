"""VaR and expected shortfall as a pair, and the empirical tail of a sample. The filtered and extreme-value estimators use them.

All functions work on the last axis, so the same code serves one window, shape (n,), and ten thousand windows, shape (m, n).
Losses are positive, as in `risk.measures.basic`. Non-finite input raises ValueError (law 9).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, tail_probability


class Tail(NamedTuple):
    """VaR and expected shortfall, each of shape (...), float64 [loss as a simple return]: one value for each window."""

    var: Floats
    es: Floats

    def scaled(self, factor: Floats | float) -> "Tail":
        """Both values times `factor`, shape (...), float64. The result has the unit [unit of the pair times that of factor]."""
        return Tail(self.var * factor, self.es * factor)


def finite_windows(values: npt.ArrayLike, *, at_least: int = 2) -> Floats:
    """The values as an array of shape (..., n), float64 [same unit].

    Raises ValueError unless n >= `at_least` and all values are finite.
    """
    windows = np.asarray(values, dtype=np.float64)
    if windows.ndim == 0 or windows.shape[-1] < at_least:
        raise ValueError(f"windows of {at_least} values at least are needed; this has shape {windows.shape}")
    if (finite := np.count_nonzero(np.isfinite(windows))) != windows.size:
        raise ValueError(f"{windows.size - finite} of {windows.size} values are NaN or infinite")
    return windows


def empirical_tail(sample: npt.ArrayLike, *, confidence: float) -> Tail:
    """VaR and ES of a sample with unbiased coverage, each of shape (...): quantile type 6 of Hyndman & Fan (1996).

    `sample`: shape (..., n), float64 [simple return or dimensionless]; the result has the same unit. Of n + 1 exchangeable
    returns, the next one is below the i-th smallest with probability i / (n + 1). So the quantile is taken at
    h = (n + 1) * (1 - confidence). Type 7, the convention in `historical_var`, is exceeded in 1.2 % instead of 1 % of the bars
    at n = 500. ES is the mean of the h smallest (Acerbi & Tasche 2002). With h below 1 both are the worst return of the
    sample. Raises ValueError for a bad sample or confidence.
    """
    return tail_of(finite_windows(sample), confidence)


def tail_of(windows: Floats, confidence: float) -> Tail:
    """`empirical_tail` of a sample that was checked, shape (..., n), float64 [simple return or dimensionless]. Raises ValueError
    for a bad confidence."""
    n = windows.shape[-1]
    h = min(max((n + 1) * tail_probability(confidence), 1.0), n - 1.0)
    whole = int(h)
    part = h - whole
    chosen = windows.copy()
    chosen.partition(whole, axis=-1)
    worst, above = chosen[..., :whole], chosen[..., whole]
    below = np.maximum.reduce(worst, axis=-1)
    return Tail(-(below + part * (above - below)), -(np.add.reduce(worst, axis=-1) + part * above) / h)
