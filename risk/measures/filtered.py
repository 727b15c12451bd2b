"""Filtered historical simulation: past returns divided by the volatility of their time, times the present volatility.

Hull & White (1998), Barone-Adesi, Giannopoulos & Vosper (1999). It keeps the shape of the tail of past returns and replaces
their volatility by the present one. Arrays have shape (..., n), oldest first. A return that cannot be divided by its volatility
raises ValueError. A window with only zeros gives 0.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats
from risk.measures.ewma import RISKMETRICS, Memory, variances_of
from risk.measures.tails import Tail, finite_windows, tail_of

LEAST_SHARE = 1e-6
"""The smallest volatility, as a share of the first one of the window, that a return is put in units of."""


def standardised(returns: Floats, variances: Floats) -> Floats:
    """Returns divided by the volatility forecast for each, shape (..., n), float64 [dimensionless].

    `returns`: shape (..., n), float64 [simple return]. `variances`: shape (..., n + 1), float64 [squared simple return]. A
    volatility below a millionth of the first one counts as that millionth, so that the first move after hundreds of bars
    without any move is finite. With zero volatility a return of 0 gives 0, and any other return raises ValueError.
    """
    sigma = np.sqrt(variances)
    sigma = np.maximum(sigma[..., :-1], LEAST_SHARE * sigma[..., :1])
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scaled = returns / sigma
    if np.count_nonzero(np.isfinite(scaled)) != scaled.size:
        scaled = np.where((sigma == 0.0) & (returns == 0.0), 0.0, scaled)
        if not np.isfinite(scaled).all():
            raise ValueError("a return is too large to be put in units of its volatility")
    return scaled


def filtered_tail(returns: npt.ArrayLike, *, confidence: float, memory: Memory = RISKMETRICS) -> Tail:
    """VaR and ES for the next bar, filtered by the EWMA variance, each of shape (...) [loss as a simple return].

    `returns`: shape (..., n), float64 [simple return], oldest first. Raises ValueError for bad returns or confidence.
    """
    windows = finite_windows(returns)
    if windows.ndim == 1:
        return _kept_tail(windows.tobytes(), windows.shape, confidence, memory)
    return _tail(_sample(windows, memory), confidence)


def filtered_tails(rows: Floats, *, confidence: float, memory: Memory = RISKMETRICS) -> Tail:
    """`filtered_tail` of each of a few series of one length, bit for bit; shape (m,) [loss as a simple return].

    `rows`: shape (m, n), float64 [simple return], oldest first. Raises ValueError for bad returns or confidence.
    """
    return _kept_tail(finite_windows(rows).tobytes(), rows.shape, confidence, memory)


_Sample = tuple[Floats, Floats]
"""The filtered sample, shape (..., n), float64 [dimensionless], and the volatility forecast for the next bar, shape (...)."""


def _sample(windows: Floats, memory: Memory) -> _Sample:
    variances = variances_of(windows, memory)
    return standardised(windows, variances), np.sqrt(variances[..., -1])


def _tail(sample: _Sample, confidence: float) -> Tail:
    return tail_of(sample[0], confidence).scaled(sample[1])


@lru_cache(maxsize=256)
def _kept_tail(windows: bytes, shape: tuple[int, ...], confidence: float, memory: Memory) -> Tail:
    """The tail of a few windows of float64, kept: the gate measures the same sizes of a proposal before and after its hearing."""
    return _tail(_kept_sample(windows, shape, memory), confidence)


@lru_cache(maxsize=16)
def _kept_sample(windows: bytes, shape: tuple[int, ...], memory: Memory) -> _Sample:
    """The sample of a few windows of float64, kept: VaR and ES are computed from the same ones."""
    return _sample(np.frombuffer(windows, dtype=np.float64).reshape(shape), memory)
