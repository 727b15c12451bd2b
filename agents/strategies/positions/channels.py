"""Donchian channels of closes, bought on a breakout and left at a stop that follows the middle and never falls.

Zarattini, Pagani and Barbon (2025), "Catching Crypto Trends", SSRN 5209907: a channel of n days is the highest and the lowest
close of the n days before; a position is opened on a close above it, and closed on a close below a stop that is the higher of
yesterday's stop and the middle of the channel.

A short channel is the same one on the closes below zero: it is sold on a close below the lowest close, and left at a stop that
follows the middle and never rises.
"""

from dataclasses import dataclass

import numpy as np

from market.candles import Floats

LENGTHS = (5, 10, 20, 30, 60, 90, 150, 250, 360)
"""The nine lengths as published [days]."""
VOLATILITY_DAYS = 90
"""Days of the volatility that sizes a position, as published."""
_YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of `days` days. `stop` is the price [quote] below which a close leaves it; None while it holds nothing."""

    days: int
    stop: float | None = None

    def after(self, closes: Floats) -> "Channel":
        """The channel after one more day. `closes`: shape (n_days,), float64 [quote], oldest first, that day last.

        Before `days` + 1 closes are known it holds nothing.
        """
        if len(closes) <= self.days:
            return self
        before, close = closes[-self.days - 1 : -1], float(closes[-1])
        top, middle = float(before.max()), (float(before.max()) + float(before.min())) / 2
        if self.stop is None:
            return Channel(self.days, middle) if close > top else self
        stop = max(self.stop, middle)
        return Channel(self.days, stop) if close >= stop else Channel(self.days)


def daily_volatility(closes: Floats, days: int = VOLATILITY_DAYS) -> float | None:
    """Annualised standard deviation of the last `days` daily returns (365 days a year); None where fewer are known or none moved.

    `closes`: shape (n_days,), float64 [quote], oldest first. Simple returns, sample standard deviation.
    """
    if len(closes) <= days:
        return None
    last = closes[-days - 1 :]
    spread = float(np.std(last[1:] / last[:-1] - 1.0, ddof=1)) * _YEAR_DAYS**0.5
    return spread if spread > 0 else None
