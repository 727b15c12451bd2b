"""Plays a market in time: each of its moments when its time has come, and a sign of life to the streams every second.

The market's time runs at a speed, from the clock's if its first bar was to form now, otherwise from the open of that bar. Reading
a long past takes a while; the bars that were due meanwhile are played at once. Only what the market tells carries its time (bars,
trades, orders); a signature is checked against the clock. At speed 1 both are the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from config.clock import Clock
from execution.wire.trading.exchange import Exchange

_BEAT_S = 1.0
_OPENING = timedelta(hours=1)
"""A market whose first bar opened not longer ago than this, or is still in that bar, was opened to play now."""
Wait = Callable[[float], Awaitable[object]]


class Pace:
    """The time of one exchange. `speed`: seconds of the market in a second of the clock."""

    def __init__(self, exchange: Exchange, clock: Clock, speed: float, wait: Wait = asyncio.sleep) -> None:
        self._exchange, self._clock, self._speed, self._wait = exchange, clock, speed, wait
        self._began = clock.now()
        market = exchange.market
        plays_now = timedelta(0) <= self._began - market.opened_utc < max(market.timeframe.duration, _OPENING)
        self._origin = self._began if plays_now else market.now
        exchange.now = self.now

    def now(self) -> datetime:
        """The market's time; never before its present moment."""
        flown = (self._clock.now() - self._began) * self._speed
        return max(self._exchange.market.now, self._origin + flown)

    async def play(self) -> None:
        """Play until the bars end; the market then stands, and streams still get their sign of life."""
        market = self._exchange.market
        while True:
            ahead_s = (market.next_utc - self.now()).total_seconds() / self._speed
            if market.ended:
                ahead_s = _BEAT_S
            await self._wait(min(max(ahead_s, 0.0), _BEAT_S))
            while not market.ended and market.next_utc <= self.now():
                self._exchange.step()
            self._exchange.changed()
