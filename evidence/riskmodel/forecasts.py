"""Out-of-sample forecasts: VaR and ES of the next bar, at every bar, from the window of returns that ends at that bar.

The estimators are those of the gate (`risk.measures.estimators`), computed on many windows at once, and one more: filtered
historical simulation with a GARCH(1,1) that is refitted every `refit` bars. Forecast i uses returns[i : i + window] and is for
returns[i + window]; the last one is for a bar after the data. No forecast uses a later return.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from config.sections.limits import VarMethod
from evidence.riskmodel.garch import RISKMETRICS, fit_garch, garch_variances
from risk.measures.basic import Floats, finite_series, gaussian_tail, modified_tail
from risk.measures.ewma import ewma_tail
from risk.measures.extreme import filtered_pot_tail, pot_tail
from risk.measures.filtered import filtered_tail, standardised
from risk.measures.rolling.historical import rolling_historical
from risk.measures.rolling.moments import moments_of
from risk.measures.tails import Tail, empirical_tail

Method = VarMethod | Literal["fhs_garch"]
METHODS: tuple[Method, ...] = (*get_args(VarMethod), "fhs_garch")
"""All compared estimators. The gate does not offer the last one."""

_ROWS = 1024
"""Number of windows in one block: 4 MB for windows of 500 bars."""

Told = Callable[[int], None]


def forecasts(
    returns: npt.ArrayLike, method: Method, *, window: int, confidence: float, refit: int, told: Told
) -> Tail:
    """VaR and ES forecasts, each of shape (n - window + 1,), float64 [loss as a simple return].

    `returns`: shape (n,), float64 [simple return], oldest first. `refit`: bars between two GARCH fits. `told` is called with
    the number of new forecasts. Raises ValueError for bad returns or confidence, a window outside 50..n, a refit below 1.
    """
    series = finite_series(returns)
    if not 50 <= window <= series.size or refit < 1:
        raise ValueError(f"a window of 50 to {series.size} bars and a refit of 1 or more are needed")
    if method == "historical":
        found = rolling_historical(series, window=window, confidence=confidence)
        told(len(found.var))
        return found
    if method == "fhs_garch":
        parts = list(_garch_parts(series, window, confidence, refit, told))
    else:
        parts = list(_window_parts(series, _BATCH[method], window, confidence, told))
    return Tail(np.concatenate([part.var for part in parts]), np.concatenate([part.es for part in parts]))


def _gaussian(windows: Floats, *, confidence: float) -> Tail:
    return Tail(*gaussian_tail(moments_of(windows), confidence=confidence))


def _cornish_fisher(windows: Floats, *, confidence: float) -> Tail:
    return Tail(*modified_tail(moments_of(windows), confidence=confidence))


_BATCH: Mapping[Method, Callable[..., Tail]] = {
    "gaussian": _gaussian,
    "cornish_fisher": _cornish_fisher,
    "ewma": ewma_tail,
    "fhs_ewma": filtered_tail,
    "evt": pot_tail,
    "evt_ewma": filtered_pot_tail,
}
"""The estimators of `risk.measures.estimators`, for a block with one window in each row."""


def _window_parts(
    series: Floats, batch: Callable[..., Tail], window: int, confidence: float, told: Told
) -> Iterator[Tail]:
    windows = np.lib.stride_tricks.sliding_window_view(series, window)
    for first in range(0, len(windows), _ROWS):
        rows = windows[first : first + _ROWS]
        yield batch(rows, confidence=confidence)
        told(len(rows))


def _garch_parts(series: Floats, window: int, confidence: float, refit: int, told: Told) -> Iterator[Tail]:
    """Blocks of `refit` forecasts, each with the GARCH fit of the window before it. After a failed fit the last one is kept."""
    law = RISKMETRICS
    for first in range(0, series.size - window + 1, refit):
        known = series[first : first + window]
        law = fit_garch(known) or law
        stretch = series[first : first + window + refit - 1]
        variances = garch_variances(stretch, law, start=float((known**2).mean()))
        scaled = standardised(stretch, variances)
        tail = empirical_tail(np.lib.stride_tricks.sliding_window_view(scaled, window), confidence=confidence)
        yield tail.scaled(np.sqrt(variances[window:]))
        told(len(tail.var))
