"""The venue of a real exchange in the contract suite of all venues: bars move the simulator's market behind the wire."""

import tempfile
from collections import deque
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from exchange_support import KEYS, QUICK, server_of, settings_at

from execution.reports import Fill, OrderState, VenueReport
from execution.venues.exchange.venue import ExchangeVenue
from execution.venues.routed import RoutedExchanges
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.market import PlayedMarket
from market.bar import Slice
from market.timeframe import Timeframe
from risk.order import Order

FIRST = "100 100 100 100"


class ExchangeWorld:
    """A venue on a running exchange, whose market stands until a bar is traded. Use it as an asynchronous context manager."""

    def __init__(self, shop: Any) -> None:
        self._shop = shop
        self._coming = deque[Slice]()
        self._hour = 1
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "ExchangeWorld":
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        first = self._shop.tape(self._shop.bar(FIRST, hour=0, volume=1000.0))
        market = PlayedMarket(("BTC/USDT",), Timeframe.H1, self._bars(first))
        rules = {"BTC/USDT": self._shop.instrument()}
        owned = {"USDT": Decimal(10000), "BTC": Decimal(0)}
        self._exchange = Exchange(market, rules, self._shop.settings(), owned, fee_in_quote=True)
        url = await self._stack.enter_async_context(server_of(self._exchange))
        opening = ExchangeVenue.open(
            settings_at(url), KEYS, symbols=("BTC/USDT",), key=b"workshop", run="contract", live=False, folder=Path(folder),
            seed=1, pace=QUICK,
        )  # fmt: skip
        self.venue = await self._stack.enter_async_context(opening)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def submit(self, order_id: str, text: str, **more: Any) -> VenueReport:
        return await self.venue.submit(self.order(order_id, text, hour=self._hour, **more))

    def order(self, order_id: str, text: str, **more: Any) -> Order:
        """A sealed order."""
        order: Order = self._shop.order(order_id, text, **more)
        return order

    async def trade(self, prices: str, volume: float = 1000.0) -> VenueReport:
        """One whole bar, and the open of the next one at its close; what is heard of it, in one report."""
        self.play(prices, volume)
        return await self._heard()

    def play(self, prices: str, volume: float) -> None:
        """Move the market through one bar and the open of the next one."""
        last = prices.split()[-1]
        for number, each in enumerate((prices, f"{last} {last} {last} {last}")):
            self._coming.append(self._shop.tape(self._shop.bar(each, hour=self._hour + number, volume=volume)))
        self._hour += 2
        self._exchange.advance()
        self._exchange.advance()

    async def _heard(self) -> VenueReport:
        """All that is to be heard, after the exchange was asked for everything; asked again, so that the account is known too."""
        return await heard_of(self.venue, [self.venue])

    def _bars(self, first: Slice) -> Any:
        yield first
        while True:
            yield self._coming.popleft() if self._coming else Slice(close_utc=first.close_utc, bars={})


class TwoExchangesWorld:
    """Two of them as one venue: the same market moves behind both wires, and orders go to the second."""

    def __init__(self, shop: Any) -> None:
        self._shop = shop
        self._both = ExchangeWorld(shop), ExchangeWorld(shop)

    async def __aenter__(self) -> "TwoExchangesWorld":
        second, first = [
            await world.__aenter__() for world in reversed(self._both)
        ]  # the books of the first are asked for
        members = {"first": first.venue, "second": second.venue}
        self.venue = RoutedExchanges(members, first.venue.instruments())
        return self

    async def __aexit__(self, *_: object) -> None:
        for world in self._both:
            await world.__aexit__()

    async def submit(self, order_id: str, text: str, **more: Any) -> VenueReport:
        return await self.venue.submit(self.order(order_id, text, hour=self._both[1]._hour, **more))

    def order(self, order_id: str, text: str, **more: Any) -> Order:
        return addressed(self._shop, self._both[1].order(order_id, text, **more))

    async def trade(self, prices: str, volume: float = 1000.0) -> VenueReport:
        for world in self._both:
            world.play(prices, volume)
        return await heard_of(self.venue, [world.venue for world in self._both])


def addressed(shop: Any, order: Order) -> Order:
    """The same order, sealed for the second exchange."""
    sealed: Order = shop.seal.sign(order.model_copy(update={"account": "second"}))
    return sealed


async def heard_of(venue: Any, members: list[ExchangeVenue]) -> VenueReport:
    """All that is to be heard of a venue, after its exchanges were asked for everything; asked again, so that the accounts are
    known too."""
    states, fills = list[OrderState](), list[Fill]()
    for _ in range(2):
        for member in members:
            await member._listener.ask()
        while not all(member._shelf.silent for member in members):
            report = await venue.hear()
            states += report.states
            fills += report.fills
    for member in members:
        await member._listener.ask_books()
    return VenueReport(states=tuple(states), fills=tuple(fills))
