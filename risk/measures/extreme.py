"""Extreme value theory: a generalised Pareto law beyond a high threshold (peaks over threshold).

McNeil & Frey (2000), with the threshold at a fixed share of the window, on raw returns or on returns that were filtered by
the EWMA volatility. The law is fitted by probability-weighted moments (Hosking & Wallis 1987): closed form, so the same
returns give the same bits, no optimiser can fail on the gate's path, and the shape stays below 1, so ES is finite.

Where it cannot be fitted, that is with fewer than 20 exceedances, with exceedances that are all equal, or for a confidence
short of the threshold, the tail of the sample itself is taken. Arrays are shape (..., n); bad input raises ValueError.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, tail_probability
from risk.measures.ewma import DECAY, ewma_variances
from risk.measures.filtered import standardised
from risk.measures.tails import Tail, empirical_tail, finite_windows

TAIL_SHARE = 0.10
"""Share of the window beyond the threshold: 50 of 500 bars."""

LEAST_EXCEEDANCES = 20
_NEARLY_EXPONENTIAL = 1e-9


class Pareto(NamedTuple):
    """A generalised Pareto law of exceedances: scale (> 0, units of the returns) and shape (heavy-tailed above 0)."""

    scale: Floats
    shape: Floats


def fit_pareto(exceedances: npt.ArrayLike) -> Pareto:
    """The law of exceedances over a threshold, shape (..., k), any order, k >= 2; Hosking & Wallis (1987), section 3.

    Raises ValueError for bad or negative exceedances, or ones that are all the same.
    """
    ordered = np.sort(finite_windows(exceedances), axis=-1)
    if (ordered[..., 0] < 0.0).any() or (ordered[..., 0] == ordered[..., -1]).any():
        raise ValueError("exceedances must not be negative, and not all the same")
    k = ordered.shape[-1]
    weights = 1.0 - (np.arange(1, k + 1) - 0.35) / k
    first = ordered.mean(axis=-1)
    second = (ordered * weights).mean(axis=-1)
    spread = first - 2.0 * second
    return Pareto(2.0 * first * second / spread, 2.0 - first / spread)


def pareto_tail(threshold: npt.ArrayLike, law: Pareto, *, share: float, confidence: float) -> Tail:
    """VaR and ES where losses exceed `threshold` with probability `share`, by `law`; McNeil & Frey (2000), 2.2 and 3.

    Raises ValueError for a shape of 1 or more, whose mean is infinite, or a confidence outside (0.5, 1).
    """
    edge = np.asarray(threshold, dtype=np.float64)
    scale, shape = np.asarray(law.scale, dtype=np.float64), np.asarray(law.shape, dtype=np.float64)
    if (shape >= 1.0).any():
        raise ValueError("a Pareto tail of shape 1 or more has no expected shortfall")
    reach = math.log(share / tail_probability(confidence))
    bent = np.where(np.abs(shape) < _NEARLY_EXPONENTIAL, 1.0, shape)
    growth = np.where(np.abs(shape) < _NEARLY_EXPONENTIAL, reach, np.expm1(bent * reach) / bent)
    var = edge + scale * growth
    return Tail(var, (var + scale - shape * edge) / (1.0 - shape))


def pot_tail(returns: npt.ArrayLike, *, confidence: float) -> Tail:
    """VaR and ES of returns, shape (..., n), by peaks over threshold. Raises ValueError for bad returns or confidence."""
    windows = finite_windows(returns)
    plain = empirical_tail(windows, confidence=confidence)
    n = windows.shape[-1]
    k = int(TAIL_SHARE * n)
    if k < LEAST_EXCEEDANCES or tail_probability(confidence) >= k / n:
        return plain
    chosen = np.partition(-windows, n - k - 1, axis=-1)
    threshold = chosen[..., n - k - 1]
    beyond = chosen[..., n - k :] - threshold[..., None]
    usable = beyond.max(axis=-1) > beyond.min(axis=-1)
    if not usable.any():
        return plain
    fitted = pareto_tail(threshold[usable], fit_pareto(beyond[usable]), share=k / n, confidence=confidence)
    var, es = np.array(plain.var), np.array(plain.es)
    var[usable], es[usable] = fitted
    return Tail(var, es)


def filtered_pot_tail(returns: npt.ArrayLike, *, confidence: float, decay: float = DECAY) -> Tail:
    """The same on EWMA-filtered returns, times the volatility forecast for the next bar (the two steps of McNeil & Frey)."""
    windows = finite_windows(returns)
    variances = ewma_variances(windows, decay=decay)
    tail = pot_tail(standardised(windows, variances), confidence=confidence)
    return tail.scaled(np.sqrt(variances[..., -1]))
