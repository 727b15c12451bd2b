"""Stressed VaR and ES: those of the worst stretch of history, whatever the market is like now.

Basel Committee (2009), "Revisions to the Basel II market risk framework", paragraph 718(Lxxvi)(i): the measure of a past
period of significant stress. Here the period is found and not chosen: all windows are tried.
"""

from typing import NamedTuple

import numpy.typing as npt

from risk.measures.rolling import rolling_historical


class Stressed(NamedTuple):
    """The worst windows' VaR and ES, losses positive, and where each window ends: the index of its last return."""

    var: float
    es: float
    var_last: int
    es_last: int


def stressed_tail(returns: npt.ArrayLike, *, window: int, confidence: float) -> Stressed:
    """The largest historical VaR, and the largest ES, of any `window` successive returns, shape (n,), oldest first.

    The two may be of different windows; of equal ones the first is told. Raises ValueError as `rolling_historical`.
    """
    tail = rolling_historical(returns, window=window, confidence=confidence)
    at_var, at_es = int(tail.var.argmax()), int(tail.es.argmax())
    return Stressed(float(tail.var[at_var]), float(tail.es[at_es]), at_var + window - 1, at_es + window - 1)
