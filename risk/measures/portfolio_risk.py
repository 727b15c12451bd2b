"""Risk contributions in a portfolio: marginal and component VaR and ES. The components add up to the whole.

VaR and ES are proportional to the size of the portfolio. By Euler's theorem each is the sum over positions of weight times
derivative (Tasche 1999, "Risk contributions and performance measurement"). Losses are positive; a negative component is a
hedge. The correlations are those of the window and may not hold in a crisis.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import (
    ROUNDING,
    Floats,
    finite_series,
    gaussian_tail,
    historical_var,
    moments,
    tail_probability,
)


class Contributions(NamedTuple):
    """VaR and ES of the portfolio [fraction of equity], and for each symbol, shape (k,): derivative by weight (marginal) and
    component [fraction of equity]."""

    var: float
    es: float
    marginal_var: Floats
    marginal_es: Floats
    component_var: Floats
    component_es: Floats


def gaussian_contributions(returns: npt.ArrayLike, weights: npt.ArrayLike, *, confidence: float) -> Contributions:
    """Contributions under a joint normal distribution with the population moments of the returns.

    `returns`: shape (n, k), n >= 2, float64 [simple return]. `weights`: shape (k,), float64 [signed fraction of equity].
    Marginal VaR of a symbol: -mean - z * cov(symbol, portfolio) / std(portfolio). Raises ValueError for bad input and for a
    portfolio without volatility, which has no such derivative.
    """
    matrix, held = _checked(returns, weights)
    portfolio = matrix @ held
    shape = moments(portfolio)
    if shape.std == 0.0:
        raise ValueError("a portfolio without volatility has no marginal risk")
    var, es = gaussian_tail(shape, confidence=confidence)
    means = matrix.mean(axis=0)
    slope = ((matrix - means) * (portfolio - shape.mean)[:, None]).mean(axis=0) / shape.std
    in_var, in_es = (value + shape.mean for value in (var, es))
    marginal_var, marginal_es = (-means + slope * (part / shape.std) for part in (in_var, in_es))
    return Contributions(var, es, marginal_var, marginal_es, held * marginal_var, held * marginal_es)


def historical_contributions(returns: npt.ArrayLike, weights: npt.ArrayLike, *, confidence: float) -> Contributions:
    """Contributions by historical simulation: the returns of each symbol in the bars that define the portfolio's VaR and ES.

    `returns`: shape (n, k), n >= 2, float64 [simple return]. `weights`: shape (k,), float64 [signed fraction of equity]. A
    marginal VaR depends on only two bars around the quantile and is very uncertain; a marginal ES depends on all bars of the
    tail. Raises ValueError for bad input.
    """
    matrix, held = _checked(returns, weights)
    portfolio = matrix @ held
    tail = tail_probability(confidence)
    order = np.argsort(portfolio, kind="stable")
    position = tail * (len(order) - 1)
    below = min(int(position), len(order) - 2)
    part = position - below
    marginal_var = -(matrix[order[below]] * (1.0 - part) + matrix[order[below + 1]] * part)
    edge = -historical_var(portfolio, confidence=confidence)
    worst = portfolio <= edge + ROUNDING * abs(edge)
    marginal_es = -matrix[worst].mean(axis=0)
    parts_var, parts_es = held * marginal_var, held * marginal_es
    return Contributions(-edge, -float(portfolio[worst].mean()), marginal_var, marginal_es, parts_var, parts_es)


def _checked(returns: npt.ArrayLike, weights: npt.ArrayLike) -> tuple[Floats, Floats]:
    matrix, held = np.asarray(returns, dtype=np.float64), finite_series(weights)
    if matrix.ndim != 2 or matrix.shape[0] < 2 or matrix.shape[1] != held.size:
        raise ValueError(f"returns of shape (n, {held.size}), n >= 2, are needed; these have shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{int((~np.isfinite(matrix)).sum())} of {matrix.size} returns are NaN or infinite")
    return matrix, held
