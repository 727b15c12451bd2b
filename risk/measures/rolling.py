"""Historical VaR and ES of every window of a series, in O(log window) a bar, compiled by numba.

Numba is imported, and the loop compiled or read from its cache, by the first call.

The series is cut into pieces of two windows. Each piece is sorted once, and a segment tree over the ranks holds how many
values of the present window lie in each range, and their sum. A step changes two leaves; a quantile is one walk down, a tail
mean one walk up. Sums are made anew from their halves and never subtracted from, so nothing drifts, and
what has left the window leaves no trace. VaR equals `measures.historical_var` bit for bit, ES equals `historical_es` but for the
order of its sum.
"""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import ROUNDING, finite_series, tail_probability
from risk.measures.tails import Tail


def rolling_historical(returns: npt.ArrayLike, *, window: int, confidence: float) -> Tail:
    """VaR and ES of each `window` successive returns: arrays of shape (n - window + 1,), the oldest window first.

    `returns` shape (n,). Raises ValueError for bad returns or confidence, or a window outside 2..n.
    """
    from risk.measures.sliding import slide

    series = finite_series(returns)
    tail = tail_probability(confidence)
    if not 2 <= window <= series.size:
        raise ValueError(f"a window must have 2 to {series.size} bars, got {window}")
    var = np.empty(series.size - window + 1, dtype=np.float64)
    es = np.empty_like(var)
    for first in range(0, len(var), window):
        piece = np.ascontiguousarray(series[first : first + 2 * window - 1])
        order = np.argsort(piece, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        slide(
            piece, piece[order], rank, window, tail, ROUNDING, var[first : first + window], es[first : first + window]
        )
    return Tail(var, es)
