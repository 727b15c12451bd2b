"""Out-of-sample forecasts of whole days: VaR and ES at the beginning of a day, as the gate would measure them there.

The steps and the memory are those of `risk.measures.horizon`, and the estimators those of `risk.measures.estimators`; a GARCH
that is fitted to the steps is measured too. No forecast uses a return of its own day, or a later one.
"""

from collections.abc import Callable
from math import sqrt

import numpy as np
import numpy.typing as npt

from evidence.riskmodel.forecasts import Method
from evidence.riskmodel.garch import RISKMETRICS, fit_garch, garch_variances
from risk.measures.basic import Floats, finite_series
from risk.measures.estimators import estimate_es, estimate_var
from risk.measures.filtered import standardised
from risk.measures.horizon import Horizon
from risk.measures.tails import Tail, empirical_tail

Told = Callable[[int], None]


def day_forecasts(
    returns: npt.ArrayLike,
    method: Method,
    *,
    begins: npt.NDArray[np.int64],
    horizon: Horizon,
    confidence: float,
    refit: int,
    told: Told,
) -> Tail:
    """One-day VaR and ES at each of `begins`, each of shape (m,), float64 [loss as a simple return].

    `returns`: shape (n,), float64 [simple return], oldest first. `begins`: shape (m,), int64 [row of returns], rising; a forecast
    uses the `horizon.window_bars` returns before its row. `refit`: bars between two GARCH fits. `told` is called with the number
    of new forecasts. Raises ValueError for bad returns or confidence, a row with fewer returns before it, or a refit below 1.
    """
    series = finite_series(returns)
    if refit < 1 or not len(begins) or begins.min() < horizon.window_bars or begins.max() > series.size:
        raise ValueError(f"days with {horizon.window_bars} returns before them and a refit of 1 or more are needed")
    windows = (horizon.steps(series[row - horizon.window_bars : row]) for row in begins)
    var, es = np.empty(len(begins)), np.empty(len(begins))
    law, fitted = RISKMETRICS, -refit
    for i, steps in enumerate(windows):
        if method == "fhs_garch":
            if begins[i] - fitted >= refit:
                law, fitted = fit_garch(steps) or law, int(begins[i])
            variances = garch_variances(steps, law, start=float((steps**2).mean()))
            tail = empirical_tail(standardised(steps, variances), confidence=confidence).scaled(sqrt(variances[-1]))
            var[i], es[i] = tail
        else:
            var[i] = estimate_var(steps, method=method, confidence=confidence, memory=horizon.memory)
            es[i] = estimate_es(steps, method=method, confidence=confidence, memory=horizon.memory)
        told(1)
    scale: Floats | float = sqrt(horizon.steps_per_day)
    return Tail(var, es).scaled(scale)
