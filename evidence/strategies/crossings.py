"""A snapshot of the golden cross: each crossing in some daily bars, and what the market did until the averages crossed back.

It is a look at a signal and no account: no size, no stop, no costs, and the price is the close of the crossing itself. What a
session would have earned with costs and stops is what `tribunal backtest --profile ib-backtest` says.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np

from config.frozen import Frozen
from market.candles import Floats, RawCandles
from market.sessions.calendar import day_of_ms

FAST, SLOW = 50, 200
"""Closes in the two averages."""


class Crossing(Frozen):
    """One crossing upward. Prices [quote]; changes are fractions of the close of the crossing."""

    symbol: str
    crossed: date
    close: float
    back: date | None
    """When the averages had crossed back; None if they have not yet."""
    last: float
    """The close then, or that of the last bar."""
    bars: int
    change: float
    highest: float
    lowest: float


def crossings(candles: Mapping[str, RawCandles]) -> tuple[Crossing, ...]:
    """All crossings upward in these daily bars, by symbol, oldest first in each. Rows that are no sound bars are left out.

    A crossing is a close at which the mean of the last 50 closes is above that of the last 200, while at the close before it was
    not; the averages must be known at both.
    """
    return tuple(found for symbol, bars in candles.items() for found in _of_market(symbol, bars))


def _of_market(symbol: str, bars: RawCandles) -> list[Crossing]:
    sound = bars.sound()
    closes, days = bars.close[sound], [day_of_ms(int(ms)) for ms in bars.close_ms[sound]]
    if len(closes) <= SLOW:
        return []
    above = _mean(closes, FAST)[SLOW - FAST :] > _mean(closes, SLOW)
    turns = np.flatnonzero(above[1:] != above[:-1]) + 1
    found = []
    for turn in turns[above[turns]]:
        begin = int(turn) + SLOW - 1
        later = turns[turns > turn]
        end = int(later[0]) + SLOW - 1 if len(later) else len(closes) - 1
        held = closes[begin : end + 1] / closes[begin] - 1.0
        found.append(
            Crossing(
                symbol=symbol, crossed=days[begin], close=float(closes[begin]), back=days[end] if len(later) else None,
                last=float(closes[end]), bars=end - begin, change=float(held[-1]), highest=float(held.max()),
                lowest=float(held.min()),
            )
        )  # fmt: skip
    return found


def _mean(closes: Floats, length: int) -> Floats:
    """The mean of the last `length` closes at each close that has as many, shape (n - length + 1,), float64 [quote]."""
    windows = np.lib.stride_tricks.sliding_window_view(closes, length)
    return np.asarray(windows.mean(axis=1), dtype=np.float64)
