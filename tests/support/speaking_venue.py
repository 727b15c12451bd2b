"""A venue that speaks between bars: the simulated one, which also trades halfway between two closes when a test says so."""

import asyncio
from datetime import timedelta
from typing import Any

from execution.reports import VenueReport
from execution.simulated.venue import SimulatedVenue
from market.bar import Bar, Slice

HALF = timedelta(minutes=30)


class SpeakingVenue:
    """The simulated exchange; trading between two bars is told by `hear`. Bars are an hour long."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self._venue = venue
        self._words: list[VenueReport] = []
        self._spoken = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def trade_between(self, last: Bar, price: float) -> None:
        """Trade at this price, half an hour after a bar has closed."""
        at = {"close_utc": last.close_utc + HALF, "open": price, "high": price, "low": price, "close": price}
        shown = Slice(close_utc=last.close_utc + HALF, bars={last.symbol: last.model_copy(update=at)})
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
    """After each close at noon that a stop rests at, its market falls by a tenth for a moment."""

    async def on_slice(self, shown: Slice) -> VenueReport:
        report = await self._venue.on_slice(shown)
        stops = [order.symbol for order in await self._venue.open_orders() if order.stop_price is not None]
        if shown.close_utc.hour == 12 and stops and stops[0] in shown.bars:
            last = shown.bars[stops[0]]
            await self.trade_between(last, round(last.close * 0.9, 2))
        return report
