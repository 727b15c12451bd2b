"""Exponentially weighted variance, and the VaR and ES of a normal distribution with this variance.

RiskMetrics (1996), sections 5.2 and 5.3: mean zero, decay 0.94. The decay is a convention; it is not fitted to data here.
Arrays are shape (..., n), simple returns, oldest first; losses are positive. Non-finite input raises ValueError.
"""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, tail_probability
from risk.measures.tails import Tail, finite_windows

DECAY = 0.94

_LARGEST_GROWTH = 200.0
"""The recursion is a cumulative sum over powers of the decay, in pieces so short that no factor exceeds e^200."""


def ewma_variances(returns: npt.ArrayLike, *, decay: float = DECAY) -> Floats:
    """Variance forecasts, shape (..., n + 1), float64 [squared simple return].

    Entry t is the forecast for return t from the returns before it; the last entry is for the next bar. `returns`: shape
    (..., n), float64 [simple return], oldest first. v[t + 1] = decay * v[t] + (1 - decay) * r[t]^2, and v[0] is the mean
    square of the whole window. Raises ValueError for bad returns or a decay outside (0, 1).
    """
    if not 0.0 < decay < 1.0:
        raise ValueError(f"decay must lie between 0 and 1, got {decay}")
    windows = finite_windows(returns)
    n = windows.shape[-1]
    variances = np.empty((*windows.shape[:-1], n + 1), dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = windows * windows
        variances[..., 0] = np.add.reduce(squares, axis=-1) / n
        reach = max(1, int(_LARGEST_GROWTH / -math.log(decay)))
        for first in range(0, n, reach):
            powers = _powers(decay, min(reach, n - first))
            grown = (squares[..., first : first + reach] / powers).cumsum(axis=-1) * (1.0 - decay)
            variances[..., first + 1 : first + reach + 1] = powers * (variances[..., first, None] + grown)
    if not np.isfinite(variances[..., -1]).all():
        raise ValueError("returns so large have no variance")
    return variances


@lru_cache(maxsize=8)
def _powers(decay: float, n: int) -> Floats:
    """decay^1 to decay^n. They are cached, because the gate needs the same ones at every bar."""
    powers = decay ** np.arange(1.0, n + 1.0)
    powers.flags.writeable = False
    return powers


def ewma_tail(returns: npt.ArrayLike, *, confidence: float, decay: float = DECAY) -> Tail:
    """VaR and ES of a normal distribution with mean zero and the variance forecast for the next bar, each of shape (...).

    `returns`: shape (..., n), float64 [simple return], oldest first. Raises ValueError as `ewma_variances` does.
    """
    sigma = np.sqrt(ewma_variances(returns, decay=decay)[..., -1])
    tail, law = tail_probability(confidence), NormalDist()
    z = law.inv_cdf(tail)
    return Tail(-z * sigma, law.pdf(z) / tail * sigma)
