"""Weights that bring equal parts of a portfolio's volatility: equal risk contribution, or risk parity.

The part of a position is weight times derivative of the volatility (Euler). With positive weights and a positive definite
covariance there is one such portfolio (Maillard, Roncalli and Teiletche 2010, "The properties of equally weighted risk
contribution portfolios"). It refuses what has no answer: a market that never moved, or markets that cancel each other out.
"""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats

_SWEEPS = 2_000
_CLOSE = 1e-10
"""How far a contribution may be from its share, as a part of it."""


def equal_risk_weights(covariance: npt.ArrayLike) -> Floats:
    """Positive weights, shape (k,), that add up to 1 and contribute equally to volatility. `covariance` shape (k, k).

    Spinu (2013, "An algorithm for computing risk parity weights"): where x'Cx / 2 - sum(ln x) / k is least, each x_i (Cx)_i is
    1 / k.
    It is found one coordinate after the other, each by its quadratic equation (Griveau-Billion, Richard and Roncalli 2013,
    "A fast algorithm for computing high-dimensional risk parity portfolios"), in units of each market's own volatility.
    Raises ValueError for what is no covariance, a variance of zero, and where it does not converge.
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
