"""The cost of latency for market orders: bars do not show the price path during the delay, so the model moves it
against the order.

An order that is sent at a bar's close reaches the venue `latency` later. Its first book is laid around the open,
moved against the order by one standard deviation of the bar's own movement over that time, but not beyond the bar's
low or high, because those prices were traded. If the latency is one bar or more, the order is absent for the whole
bars, and only the remaining time moves the price. Resting stops and limits are not affected, nor is an order that
continues on a second book. The protection of a position travels with its entry.

The bar's movement is that of Parkinson (1980), sigma = ln(high / low) / sqrt(4 ln 2), with the logarithm replaced by
(high - low) / sqrt(high * low). That is never below the logarithm (by four parts in a million for a bar of one
percent), and it uses only operations with a fixed rounding, so that both engines compute the same digits.
"""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from market.bar import Bar
from risk.order import Side

_PARKINSON = 1.0 / math.sqrt(4.0 * math.log(2.0))


class Delay(NamedTuple):
    """A latency on bars of one length: the number of whole bars in it, and the factor from a bar's range to the
    movement.
    """

    whole: timedelta
    scale: float


def bar_range(high: float, low: float) -> float:
    """Return the range of a bar [fraction of its price]: never below ln(high / low)."""
    return (high - low) / (math.sqrt(high) * math.sqrt(low))


def bar_sigma(high: float, low: float) -> float:
    """Return the standard deviation of the bar's return [fraction of the price], from its range: Parkinson (1980),
    rounded up.
    """
    return _PARKINSON * bar_range(high, low)


def delay_of(latency_ms: float, bar: timedelta) -> Delay:
    """Return the latency [ms] on bars of this length."""
    latency = timedelta(milliseconds=latency_ms)
    rest = latency % bar
    return Delay(latency - rest, _PARKINSON * math.sqrt(rest / bar))


class Latency:
    """One latency, on bars of any length."""

    def __init__(self, latency_ms: float) -> None:
        self._latency_ms = latency_ms
        self._delays: dict[timedelta, Delay] = {}

    def sent_by(self, bar: Bar) -> datetime | None:
        """Return the time after which an order is sent too late to be at the venue when the bar opens; None if no
        order can be too late.
        """
        whole = self._delay(bar).whole
        return bar.open_utc - whole if whole else None

    def price(self, bar: Bar, side: Side) -> float:
        """Return the price around which the first book of an order of this side is laid: the open, or a worse price."""
        move = bar.open * (self._delay(bar).scale * bar_range(bar.high, bar.low))
        return min(bar.open + move, bar.high) if side is Side.BUY else max(bar.open - move, bar.low)

    def _delay(self, bar: Bar) -> Delay:
        length = bar.timeframe.duration
        if length not in self._delays:
            self._delays[length] = delay_of(self._latency_ms, length)
        return self._delays[length]
