"""Extreme value theory: a generalised Pareto distribution of the losses beyond a high threshold (peaks over threshold).

McNeil & Frey (2000), with the threshold at a fixed share of the window, on raw returns or on returns that are filtered by the
EWMA volatility. The fit uses probability-weighted moments (Hosking & Wallis 1987). It has a closed form: the same returns give
the same bits, no optimiser can fail in the gate, and the shape stays below 1, so ES is finite.

Three cases use the empirical tail of the sample instead: fewer than 20 exceedances, exceedances that are all equal, or a
confidence below that of the threshold. Arrays have shape (..., n); bad input raises ValueError.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, tail_probability
from risk.measures.ewma import RISKMETRICS, Memory, ewma_variances
from risk.measures.filtered import standardised
from risk.measures.tails import Tail, empirical_tail, finite_windows

TAIL_SHARE = 0.10
"""Share of the window beyond the threshold: 50 of 500 bars."""

LEAST_EXCEEDANCES = 20
_NEARLY_EXPONENTIAL = 1e-9


class Pareto(NamedTuple):
    """A generalised Pareto distribution: scale > 0 [unit of the returns] and shape [dimensionless], heavy-tailed above 0."""

    scale: Floats
    shape: Floats


def fit_pareto(exceedances: npt.ArrayLike) -> Pareto:
    """Fit the distribution of exceedances over a threshold; Hosking & Wallis (1987), section 3.

    `exceedances`: shape (..., k), k >= 2, float64 [simple return, loss beyond the threshold], any order. Raises ValueError
    for bad or negative exceedances, or when all are equal.
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
    """VaR and ES by `law`, when losses exceed `threshold` with probability `share`; McNeil & Frey (2000), 2.2 and 3.

    `threshold`: shape (...), float64 [loss as a simple return]; the result has the same shape and unit. Raises ValueError for
    a shape parameter of 1 or more, which has an infinite mean, or a confidence outside (0.5, 1).
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
    """VaR and ES by peaks over threshold, each of shape (...) [loss as a simple return].

    `returns`: shape (..., n), float64 [simple return]. Raises ValueError for bad returns or confidence.
    """
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


def filtered_pot_tail(returns: npt.ArrayLike, *, confidence: float, memory: Memory = RISKMETRICS) -> Tail:
    """`pot_tail` of EWMA-filtered returns, times the volatility forecast for the next bar (the two steps of McNeil & Frey).

    `returns`: shape (..., n), float64 [simple return], oldest first; the result has shape (...). Raises ValueError as
    `pot_tail` and `ewma_variances` do.
    """
    windows = finite_windows(returns)
    variances = ewma_variances(windows, memory=memory)
    tail = pot_tail(standardised(windows, variances), confidence=confidence)
    return tail.scaled(np.sqrt(variances[..., -1]))
