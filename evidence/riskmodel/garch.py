"""GARCH(1,1), fitted by the `arch` package, for filtered historical simulation.

A fit needs an optimiser and tens of milliseconds, so the gate does not use it. `tribunal riskmodel` refits every `refit` bars and
filters with the fitted parameters in between. The first fit imports `arch`. A fit that does not converge returns None, and the
caller keeps the previous one.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk.measures.basic import Floats, finite_series, is_constant
from risk.measures.ewma import DECAY


class Garch(NamedTuple):
    """v[t + 1] = omega + alpha * r[t]^2 + beta * v[t]; omega in squared units of the returns (Bollerslev 1986)."""

    omega: float
    alpha: float
    beta: float


RISKMETRICS = Garch(0.0, 1.0 - DECAY, DECAY)
"""The EWMA as a GARCH, used until the first fit succeeds."""


def fit_garch(returns: npt.ArrayLike) -> Garch | None:
    """Quasi-maximum likelihood fit of a zero-mean GARCH(1,1); None if it does not converge.

    `returns`: shape (n,), n >= 50, float64 [simple return], oldest first. The optimiser works on returns divided by their
    standard deviation. Raises ValueError for bad or constant returns.
    """
    from arch import arch_model

    series = finite_series(returns, at_least=50)
    if is_constant(series):
        raise ValueError("constant returns have no volatility to fit")
    unit = float(series.std())
    fitted = arch_model(series / unit, mean="Zero", vol="GARCH", p=1, q=1, rescale=False).fit(
        disp="off", show_warning=False
    )
    omega, alpha, beta = (float(fitted.params[name]) for name in ("omega", "alpha[1]", "beta[1]"))
    if fitted.convergence_flag != 0 or not np.isfinite([omega, alpha, beta]).all() or omega <= 0.0:
        return None
    return Garch(omega * unit**2, alpha, beta)


def garch_variances(returns: npt.ArrayLike, law: Garch, *, start: float) -> Floats:
    """Variance forecasts, shape (n + 1,), float64 [squared simple return]: entry t is for return t, the last for the next bar.

    `returns`: shape (n,), float64 [simple return], oldest first. The first forecast is `start`. Raises ValueError for bad
    returns.
    """
    from scipy.signal import lfilter

    squares = finite_series(returns, at_least=2) ** 2
    later, _ = lfilter([1.0], [1.0, -law.beta], law.omega + law.alpha * squares, zi=[law.beta * start])
    return np.concatenate(([start], later))
