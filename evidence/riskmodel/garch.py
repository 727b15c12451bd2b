"""GARCH(1,1), fitted by the `arch` package, and filtered historical simulation with it.

A fit takes tens of milliseconds and an optimiser, so it is never on a bar's path: `evidence.riskmodel` refits every so many
bars and filters with the fitted numbers in between. `arch` is imported by the first fit only. A fit that does not converge
is not used: the caller is told by None and keeps what it had.
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
"""The EWMA written as a GARCH: what stands in before the first fit has succeeded."""


def fit_garch(returns: npt.ArrayLike) -> Garch | None:
    """Quasi-maximum likelihood of a zero-mean GARCH(1,1) on returns, shape (n,), n >= 50; None if it does not converge.

    The optimiser sees returns in units of their own standard deviation. Raises ValueError for bad or constant returns.
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
    """Variance forecasts, shape (n + 1,): entry t is for return t, the last for the next bar; the first is `start`.

    Raises ValueError for bad returns.
    """
    from scipy.signal import lfilter

    squares = finite_series(returns, at_least=2) ** 2
    later, _ = lfilter([1.0], [1.0, -law.beta], law.omega + law.alpha * squares, zi=[law.beta * start])
    return np.concatenate(([start], later))
