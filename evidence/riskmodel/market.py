"""The returns of bars and of whole days of one market, for the test of the risk model.

It refuses prices that are not finite and above 0, and too few of them. A return across a gap is the whole move, as in the gate's
window. A day counts only when there is a close at both of its midnights.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from config.clock import to_ms
from config.errors import DataFault
from market.candles import RawCandles
from risk.measures.basic import Floats

_DAY_MS = 86_400_000
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Returns of a symbol, shape (n,), float64 [simple return], oldest first; return i ends at close i + 1.

    `bars` are the tested returns: each is forecast from the `window` returns before it. `days` are the row numbers of the
    closes at which a tested day begins, with `day_window` returns before it, and `day_returns` the returns of these days.
    """

    symbol: str
    returns: Floats
    close_ms: NDArray[np.int64]
    bars: Places
    days: Places
    day_returns: Floats


def open_market(
    candles: RawCandles, window: int, day_window: int, start: datetime | None, end: datetime | None
) -> Market:
    """The market between two moments; earlier bars are the warm-up. Raises DataFault for bad prices or too few bars."""
    if not candles.sound().all():
        raise DataFault(
            f"{int((~candles.sound()).sum())} of the {len(candles)} bars of {candles.symbol} are impossible, so nothing was "
            "tested. Give files without bad prints."
        )
    closes, at = candles.close, candles.close_ms
    returns = closes[1:] / closes[:-1] - 1.0
    first = -(2**62) if start is None else to_ms(start)
    last = 2**62 if end is None else to_ms(end)
    ends = at[1:]
    known = np.arange(len(returns)) >= window
    bars = np.flatnonzero(known & (ends > first) & (ends <= last))
    if len(bars) < window:
        raise DataFault(
            f"{candles.symbol} has {len(bars)} bars to test after {window} to warm up; at least {window} are needed, so "
            "nothing was tested. Give a longer file, or an earlier --start."
        )
    midnights = np.flatnonzero(at % _DAY_MS == 0)
    begin, finish = midnights[:-1], midnights[1:]
    whole = (at[finish] - at[begin] == _DAY_MS) & (begin >= day_window) & (at[begin] >= first) & (at[finish] <= last)
    days, day_ends = begin[whole], finish[whole]
    return Market(candles.symbol, returns, at, bars, days, closes[day_ends] / closes[days] - 1.0)
