"""Exponentially weighted variance, and the VaR and ES of a normal distribution with this variance.

RiskMetrics (1996), sections 5.2 and 5.3: mean zero, decay 0.94. The decay is a convention; it is not fitted to data here. A
`Memory` may have another decay, weigh falls more than rises, and have a floor: `risk.measures.horizon` says which one is used.
Arrays are shape (..., n), simple returns, oldest first; losses are positive. Non-finite input raises ValueError.
"""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, tail_probability
from risk.measures.tails import Tail, finite_windows

DECAY = 0.94

_LARGEST_GROWTH = 200.0
"""The recursion is a cumulative sum over powers of the decay, in pieces so short that no factor exceeds e^200."""


class Memory(NamedTuple):
    """How a variance remembers returns.

    `decay` in (0, 1): weight of the variance so far, against that of the newest square. `falls` in [1, 2]: weight of the square
    of a return below 0; that of any other return is 2 - falls, so that symmetric returns keep their variance (Glosten,
    Jagannathan & Runkle 1993). `floored`: no forecast is below the mean square of the whole window.
    """

    decay: float = DECAY
    falls: float = 1.0
    floored: bool = False


RISKMETRICS = Memory()
"""A decay of 0.94 a bar, and nothing else."""


def ewma_variances(returns: npt.ArrayLike, *, memory: Memory = RISKMETRICS) -> Floats:
    """Variance forecasts, shape (..., n + 1), float64 [squared simple return].

    Entry t is the forecast for return t from the returns before it; the last entry is for the next bar. `returns`: shape
    (..., n), float64 [simple return], oldest first. v[t + 1] = decay * v[t] + (1 - decay) * weight * r[t]^2, and v[0] is the mean
    square of the whole window. Raises ValueError for bad returns, a decay outside (0, 1) or a weight outside [1, 2].
    """
    return variances_of(finite_windows(returns), memory)


def variances_of(windows: Floats, memory: Memory) -> Floats:
    """`ewma_variances` of returns that were checked, shape (..., n), float64 [simple return]. Raises ValueError for a bad memory,
    and for returns so large that they have no variance."""
    decay, falls = memory.decay, memory.falls
    if not 0.0 < decay < 1.0:
        raise ValueError(f"decay must lie between 0 and 1, got {decay}")
    if not 1.0 <= falls <= 2.0:
        raise ValueError(f"the weight of falls must lie between 1 and 2, got {falls}")
    n = windows.shape[-1]
    variances = np.empty((*windows.shape[:-1], n + 1), dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = windows * windows
        variances[..., 0] = np.add.reduce(squares, axis=-1) / n
        if falls != 1.0:
            squares *= np.where(windows < 0.0, falls, 2.0 - falls)
        reach = max(1, int(_LARGEST_GROWTH / -math.log(decay)))
        for first in range(0, n, reach):
            powers = _powers(decay, min(reach, n - first))
            grown = np.add.accumulate(squares[..., first : first + reach] / powers, axis=-1)
            grown *= 1.0 - decay
            grown += variances[..., first, None]
            np.multiply(grown, powers, out=variances[..., first + 1 : first + reach + 1])
    last = variances[..., -1]
    if np.count_nonzero(np.isfinite(last)) != last.size:
        raise ValueError("returns so large have no variance")
    return np.maximum(variances, variances[..., :1]) if memory.floored else variances


@lru_cache(maxsize=8)
def _powers(decay: float, n: int) -> Floats:
    """decay^1 to decay^n. They are cached, because the gate needs the same ones at every bar."""
    powers = decay ** np.arange(1.0, n + 1.0)
    powers.flags.writeable = False
    return powers


def ewma_tail(returns: npt.ArrayLike, *, confidence: float, memory: Memory = RISKMETRICS) -> Tail:
    """VaR and ES of a normal distribution with mean zero and the variance forecast for the next bar, each of shape (...).

    `returns`: shape (..., n), float64 [simple return], oldest first. Raises ValueError as `ewma_variances` does.
    """
    sigma = np.sqrt(ewma_variances(returns, memory=memory)[..., -1])
    tail, law = tail_probability(confidence), NormalDist()
    z = law.inv_cdf(tail)
    return Tail(-z * sigma, law.pdf(z) / tail * sigma)
