"""The venue of Interactive Brokers in the contract suite of all venues: bars move the market of a double of TWS."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tws import Listing, Tws

from config.clock import FixedClock
from config.sections.brokers.ib import IbSettings
from execution.reports import Fill, OrderState, VenueReport
from execution.venues.ib.venue import IbVenue
from risk.order import Order

ISIN = "US0000000001"


def settings_at(port: int, **changes: Any) -> IbSettings:
    """Settings of one market, BTC/USDT, at a double."""
    told = {
        "port": port,
        "account": "DU1234567",
        "answer_s": 2.0,
        "contracts": {"BTC/USDT": {"isin": ISIN, "exchange": "X"}},
    }
    return IbSettings.model_validate(told | changes)


class TwsWorld:
    """A venue on a running double, whose market stands until a bar is traded. Use it as an asynchronous context manager."""

    def __init__(self, shop: Any, **changes: Any) -> None:
        self.shop, self._changes = shop, changes
        listing = Listing(1, ISIN, "BTC", "X", "USDT", min_tick="0.01", min_size="0.001")
        self.tws = Tws([listing], cash="10000", currency="USDT", now=lambda: shop.at(self._hour) + timedelta(minutes=1))
        self._hour = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "TwsWorld":
        port = await self.tws.start()
        self._stack.push_async_callback(self.tws.stop)
        self.venue = await self._stack.enter_async_context(self.opening(port))
        return self

    def opening(self, port: int, run: str = "contract", **changes: Any) -> Any:
        """A venue that is not open yet."""
        settings = settings_at(port, **(self._changes | changes))
        default = {"BTC/USDT": self.shop.instrument()}
        return IbVenue.open(settings, default=default, key=b"workshop", run=run, clock=FixedClock(self.shop.at(0)))

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def submit(self, order_id: str, text: str, **more: Any) -> VenueReport:
        report: VenueReport = await self.venue.submit(self.order(order_id, text, hour=self._hour, **more))
        return report

    def order(
        self, order_id: str, text: str, *, trail: str | None = None, decision: str | None = None, **more: Any
    ) -> Order:
        """A sealed order. `trail`: with a trailing stop at this distance; `decision`: of that decision."""
        order: Order = self.shop.order(order_id, text, **more)
        changes: dict[str, Any] = {} if trail is None else {"trail_quote": Decimal(trail)}
        changes |= {} if decision is None else {"decision_id": decision}
        sealed: Order = self.shop.seal.sign(order.model_copy(update=changes))
        return sealed

    async def trade(self, prices: str, volume: float = 1000.0) -> VenueReport:
        """One whole bar, its low before its high; what is heard of it, in one report."""
        first, high, low, last = prices.split()
        self.tws.move(1, first, low, high, last, size=f"{volume:g}")
        self._hour += 1
        return await self.heard()

    async def heard(self) -> VenueReport:
        """All that is to be heard once the double has answered everything."""
        await self.venue.line.settled()
        states, fills = list[OrderState](), list[Fill]()
        while self.venue._words:
            report = await self.venue.hear()
            states += report.states
            fills += report.fills
        return VenueReport(states=tuple(states), fills=tuple(fills))

    async def until(self, there: Any) -> None:
        """Wait until something is so, for as long as a test may take."""
        async with asyncio.timeout(20):
            while not there():
                await asyncio.sleep(0.01)
