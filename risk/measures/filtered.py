"""Filtered historical simulation: past returns in units of their own moment's volatility, times the volatility of now.

Hull & White (1998), Barone-Adesi, Giannopoulos & Vosper (1999). It keeps the shape of the past's tail without keeping its
calm or its storm. Arrays are shape (..., n), oldest first. It refuses (ValueError) where a return cannot be put in units of
its volatility; a window of zeros only has lost nothing, and says 0.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats
from risk.measures.ewma import DECAY, ewma_variances
from risk.measures.tails import Tail, empirical_tail, finite_windows

LEAST_SHARE = 1e-6
"""The smallest volatility, as a share of the first one of the window, that a return is put in units of."""


def standardised(returns: Floats, variances: Floats) -> Floats:
    """Returns over the volatility forecast for each, shape (..., n); `variances` is shape (..., n + 1).

    A volatility below a millionth of the first one counts as that millionth: the first move after a standstill of hundreds
    of bars has a size then. Where there is no volatility at all, a return of 0 is 0 and any other raises ValueError.
    """
    sigma = np.sqrt(variances)
    sigma = np.maximum(sigma[..., :-1], LEAST_SHARE * sigma[..., :1])
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scaled = returns / sigma
    if not np.isfinite(scaled).all():
        scaled = np.where((sigma == 0.0) & (returns == 0.0), 0.0, scaled)
        if not np.isfinite(scaled).all():
            raise ValueError("a return is too large to be put in units of its volatility")
    return scaled


def filtered_tail(returns: npt.ArrayLike, *, confidence: float, decay: float = DECAY) -> Tail:
    """VaR and ES for the next bar, filtered by the EWMA variance. Raises ValueError for bad returns or confidence."""
    windows = finite_windows(returns)
    if windows.ndim == 1:
        sample, sigma = _sample_of_series(windows.tobytes(), decay)
    else:
        sample, sigma = _sample(windows, decay)
    return empirical_tail(sample, confidence=confidence).scaled(sigma)


def _sample(windows: Floats, decay: float) -> tuple[Floats, Floats]:
    """The filtered sample, shape (..., n), and the volatility forecast for the next bar, shape (...)."""
    variances = ewma_variances(windows, decay=decay)
    return standardised(windows, variances), np.sqrt(variances[..., -1])


@lru_cache(maxsize=4)
def _sample_of_series(series: bytes, decay: float) -> tuple[Floats, Floats]:
    """The sample of one series of float64; kept, because VaR and ES are asked of the same series one after the other."""
    sample, sigma = _sample(np.frombuffer(series, dtype=np.float64), decay)
    sample.flags.writeable = False
    return sample, sigma
