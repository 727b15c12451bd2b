"""Stressed VaR and ES: those of the worst period in history, whatever the present market is.

Basel Committee (2009), "Revisions to the Basel II market risk framework", paragraph 718(Lxxvi)(i): the measure of a past period
of significant stress. Here nobody selects the period: all windows are tried.
"""

from typing import NamedTuple

import numpy.typing as npt

from risk.measures.rolling.historical import rolling_historical


class Stressed(NamedTuple):
    """VaR and ES of the worst windows [loss as a simple return], and the index of the last return of each window."""

    var: float
    es: float
    var_last: int
    es_last: int


def stressed_tail(returns: npt.ArrayLike, *, window: int, confidence: float) -> Stressed:
    """The largest historical VaR and the largest ES of any `window` successive returns.

    `returns`: shape (n,), float64 [simple return], oldest first. The two may come from different windows; of equal windows
    the first is returned. Raises ValueError as `rolling_historical` does.
    """
    tail = rolling_historical(returns, window=window, confidence=confidence)
    at_var, at_es = int(tail.var.argmax()), int(tail.es.argmax())
    return Stressed(float(tail.var[at_var]), float(tail.es[at_es]), at_var + window - 1, at_es + window - 1)
