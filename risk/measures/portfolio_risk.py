"""Who in a portfolio carries its risk: marginal and component VaR and ES, which add up to the whole.

VaR and ES grow in proportion to the positions, so by Euler's theorem each is the sum over positions of weight times
derivative (Tasche 1999, "Risk contributions and performance measurement"). Losses are positive; a negative component is a
hedge. Correlations are those of the window, which a crisis does not keep.
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
    """Portfolio VaR and ES as fractions of equity, and of each symbol, shape (k,): derivative by weight, and component."""

    var: float
    es: float
    marginal_var: Floats
    marginal_es: Floats
    component_var: Floats
    component_es: Floats


def gaussian_contributions(returns: npt.ArrayLike, weights: npt.ArrayLike, *, confidence: float) -> Contributions:
    """Under a joint normal law with the population moments of `returns`, shape (n, k); `weights` shape (k,), signed.

    Marginal VaR of a symbol: -mean - z * cov(symbol, portfolio) / std(portfolio). A portfolio without any volatility has no
    such derivative: ValueError, as for bad input.
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
    """By historical simulation: what each symbol did in the bars that make the portfolio's VaR, and in those beyond it.

    Arguments and errors as `gaussian_contributions`. A marginal VaR rests on the two bars around the quantile and is as
    uncertain as that sounds; that of ES on all bars of the tail.
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
