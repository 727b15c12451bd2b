"""Historical VaR and ES of every window of a series, in O(log window) a bar, compiled by numba.

The first call imports numba and compiles the loop or reads it from the cache.

The series is cut into pieces of two windows. Each piece is sorted once. A segment tree over the ranks holds the number and the
sum of the values of the present window in each range. A step changes two leaves; a quantile is one walk down the tree, a tail
mean one walk up. Sums are always rebuilt from their halves and nothing is subtracted, so rounding errors do not accumulate and
a value that has left the window has no effect. VaR equals `basic.historical_var` bit for bit; ES equals `basic.historical_es`
except for the order of summation.
"""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import ROUNDING, finite_series, tail_probability
from risk.measures.tails import Tail


def rolling_historical(returns: npt.ArrayLike, *, window: int, confidence: float) -> Tail:
    """VaR and ES of each `window` successive returns, each of shape (n - window + 1,), float64 [loss as a simple return].

    `returns`: shape (n,), float64 [simple return], oldest first; the result has the oldest window first. Raises ValueError
    for bad returns or confidence, or a window outside 2..n.
    """
    from risk.measures.rolling.sliding import slide

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
