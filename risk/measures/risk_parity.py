"""Weights with equal contributions to the volatility of a portfolio: equal risk contribution, or risk parity.

The contribution of a position is its weight times the derivative of the volatility (Euler). With positive weights and a positive
definite covariance there is exactly one such portfolio (Maillard, Roncalli and Teiletche 2010, "The properties of equally
weighted risk contribution portfolios"). Cases without a solution raise ValueError: a market that never moved, or markets that
cancel each other out.
"""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats

_SWEEPS = 2_000
_CLOSE = 1e-10
"""Largest relative difference between a contribution and its share."""


def equal_risk_weights(covariance: npt.ArrayLike) -> Floats:
    """Positive weights that add up to 1 and contribute equally to volatility, shape (k,), float64 [fraction].

    `covariance`: shape (k, k), float64 [squared simple return]. Spinu (2013, "An algorithm for computing risk parity
    weights"): at the minimum of x'Cx / 2 - sum(ln x) / k each x_i (Cx)_i is 1 / k. The minimum is found by coordinate
    descent, with a quadratic equation for each coordinate (Griveau-Billion, Richard and Roncalli 2013, "A fast algorithm for
    computing high-dimensional risk parity portfolios"), in units of each market's own volatility. Raises ValueError for a
    matrix that is not a covariance, for a variance of zero, and when the descent does not converge.
    """
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size or not np.isfinite(matrix).all():
        raise ValueError(f"a finite covariance of shape (k, k) is needed; this has shape {matrix.shape}")
    volatility = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    if not (volatility > 0.0).all():
        raise ValueError("a market that never moved brings no risk, however much of it is held")
    found = _contributing_equally(matrix / np.outer(volatility, volatility)) / volatility
    return np.asarray(found / found.sum(), dtype=np.float64)


def _contributing_equally(correlation: Floats) -> Floats:
    share = 1.0 / len(correlation)
    weights = np.full(len(correlation), np.sqrt(share / max(correlation.mean() * len(correlation), share)))
    for _ in range(_SWEEPS):
        for i in range(len(weights)):
            others = float(correlation[i] @ weights) - weights[i]
            weights[i] = (np.sqrt(others * others + 4.0 * share) - others) / 2.0
        parts = weights * (correlation @ weights)
        if bool((abs(parts - share) <= _CLOSE * share).all()):
            return weights
    raise ValueError(f"no equal parts were found in {_SWEEPS} rounds: the markets all but cancel each other out")
