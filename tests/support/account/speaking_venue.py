"""A venue that speaks between bars: the simulated one, which also trades halfway between two closes when a test says so."""

import asyncio
from datetime import timedelta
from typing import Any

from execution.reports import VenueReport
from execution.simulated.venue import SimulatedVenue
from market.bar import Bar, Slice
from market.timeframe import Timeframe

QUARTER = timedelta(minutes=15)


class SpeakingVenue:
    """The simulated exchange; trading between two bars is told by `hear`. Bars are an hour long."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self._venue = venue
        self._words: list[VenueReport] = []
        self._spoken = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def trade_between(self, last: Bar, price: float) -> None:
        """Trade at this price for a quarter of an hour, beginning a quarter of an hour after a bar has closed."""
        moment = Bar(
            symbol=last.symbol, timeframe=Timeframe.M15, close_utc=last.close_utc + 2 * QUARTER, open=price, high=price,
            low=price, close=price, volume=last.volume,
        )  # fmt: skip
        shown = Slice(close_utc=moment.close_utc, bars={last.symbol: moment})
        opened, walked = await self._venue.on_open(shown), await self._venue.on_slice(shown)
        report = VenueReport(states=opened.states + walked.states, fills=opened.fills + walked.fills)
        if report != VenueReport():
            self._words.append(report)
            self._spoken.set()

    async def hear(self) -> VenueReport | None:
        while not self._words:
            self._spoken.clear()
            await self._spoken.wait()
        return self._words.pop(0)


class FallsBetween(SpeakingVenue):
    """Four times a day, after its bar has closed, a market in which a stop rests falls by a tenth for a moment."""

    def __init__(self, venue: SimulatedVenue) -> None:
        super().__init__(venue)
        self._after: Slice | None = None

    def closed(self, shown: Slice) -> None:
        """These bars have closed, and all that was decided on their close was sent."""
        if shown.close_utc.hour % 6 == 0:
            self._after = shown
            self._spoken.set()

    async def hear(self) -> VenueReport | None:
        while not self._words:
            if self._after is None:
                self._spoken.clear()
                await self._spoken.wait()
            await self._fall()
        return self._words.pop(0)

    async def _fall(self) -> None:
        shown, self._after = self._after, None
        stops = [order.symbol for order in await self._venue.open_orders() if order.stop_price is not None]
        if shown is not None and stops and stops[0] in shown.bars:
            last = shown.bars[stops[0]]
            await self.trade_between(last, round(last.close * 0.9, 2))
