"""What an order at market loses on its way: bars do not say where the price went meanwhile, so it went against the order.

An order that leaves at a bar's close reaches the venue `latency` later. The first book that it meets there is laid around the
open moved against it by one standard deviation of the bar's own movement over that time, and never beyond the bar's low or high:
those prices were traded. Of a latency of whole bars only what is left over moves the price; for the whole bars the order is
not there. Stops and limits that rest at the venue suffer none of it, nor does an order that goes on working on a second book; the
protection of a position travels with its entry.

The bar's movement is that of Parkinson (1980), sigma = ln(high / low) / sqrt(4 ln 2), with the logarithm replaced by
(high - low) / sqrt(high * low). That is never below it, by four parts in a million where the bar is one percent wide, and
made only of operations whose rounding is fixed, so that both engines come to the same digits.
"""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from market.bar import Bar
from risk.order import Side

_PARKINSON = 1.0 / math.sqrt(4.0 * math.log(2.0))


class Delay(NamedTuple):
    """A latency on bars of one length: the whole bars in it, and what multiplies a bar's range to give the movement."""

    whole: timedelta
    scale: float


def bar_range(high: float, low: float) -> float:
    """How wide a bar was, as a fraction of its price: never below ln(high / low)."""
    return (high - low) / (math.sqrt(high) * math.sqrt(low))


def bar_sigma(high: float, low: float) -> float:
    """Standard deviation of the bar's return [fraction of the price], from its range: Parkinson (1980), rounded up."""
    return _PARKINSON * bar_range(high, low)


def delay_of(latency_ms: float, bar: timedelta) -> Delay:
    """The latency on bars of this length."""
    latency = timedelta(milliseconds=latency_ms)
    rest = latency % bar
    return Delay(latency - rest, _PARKINSON * math.sqrt(rest / bar))


class Latency:
    """One latency, on bars of any length."""

    def __init__(self, latency_ms: float) -> None:
        self._latency_ms = latency_ms
        self._delays: dict[timedelta, Delay] = {}

    def sent_by(self, bar: Bar) -> datetime | None:
        """Orders that are newer than this are not at the venue when the bar opens; None where none can be so late."""
        whole = self._delay(bar).whole
        return bar.open_utc - whole if whole else None

    def price(self, bar: Bar, side: Side) -> float:
        """The price around which the first book of an order of this side is laid: the open, or a worse one."""
        move = bar.open * (self._delay(bar).scale * bar_range(bar.high, bar.low))
        return min(bar.open + move, bar.high) if side is Side.BUY else max(bar.open - move, bar.low)

    def _delay(self, bar: Bar) -> Delay:
        length = bar.timeframe.duration
        if length not in self._delays:
            self._delays[length] = delay_of(self._latency_ms, length)
        return self._delays[length]
