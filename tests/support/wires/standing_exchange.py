"""A real exchange in this process: it stands while sessions come, are killed and come back, and trades the bars of a tape.

It is the simulated exchange behind what a session expects of a real one. What it says is heard or lost; it keeps what it did.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from random import Random

from execution.reports import Fill, OrderState, OrderStatus, VenueAccount, VenueReport
from execution.simulated.venue import SimulatedVenue
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from market.tape import Tape
from risk.order import Order, OrderKind

_DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})


class StandingExchange:
    """An account with `foreign` coins and money that are nobody's business. Replies to orders are lost with this chance: they are
    told later, between two bars."""

    def __init__(self, venue: SimulatedVenue, loses: float = 0.0, foreign: Mapping[str, Decimal] | None = None) -> None:
        self._venue = venue
        self._loses, self._chance = loses, Random(7)
        self._foreign = dict(foreign or {})
        self.sent: Counter[str] = Counter()
        """How often each order was sent."""
        self.loses_cancels = 0.0
        """The chance that the answer to a cancel is lost, and told later."""
        self.slow_s = 0.0
        """How long each answer takes [s]."""
        self._states: dict[str, OrderState] = {}
        self.fills: list[Fill] = []
        self._words: list[VenueReport] = []
        self._spoken = asyncio.Event()
        self._traded = 0

    def awake(self) -> None:
        """A session has begun, in an event loop of its own. Nobody heard what was said before."""
        self._words.clear()
        self._spoken = asyncio.Event()

    async def trade(self, number: int, shown: Slice) -> None:
        """Trade the bars of the n-th slice, once."""
        if number < self._traded:
            return
        self._traded = number + 1
        self._say(self._kept(await self._venue.on_open(shown)))
        self._say(self._kept(await self._venue.on_slice(shown)))

    def instruments(self) -> dict[str, Instrument]:
        return self._venue.instruments()

    def book(self, symbol: str) -> Book | None:
        return self._venue.book(symbol)

    async def submit(self, order: Order) -> VenueReport:
        self.sent[order.order_id] += 1
        await asyncio.sleep(self.slow_s)
        report = self._kept(await self._venue.submit(order))
        if self._chance.random() >= self._loses:
            return report
        self._say(report)
        unknown = [state.model_copy(update={"status": OrderStatus.UNKNOWN}) for state in report.states]
        return VenueReport(states=tuple(unknown))

    async def settle(self, order: Order) -> VenueReport:
        """Look for the order, and send it if it is not there."""
        known = self._states.get(order.order_id)
        return await self.submit(order) if known is None else VenueReport(states=(known,))

    def adopt(self, orders: Iterable[Order], trade_ids: Iterable[tuple[str, str]], held: Mapping[str, Decimal]) -> None:
        """Say again what the journal does not know."""
        booked = set(trade_ids)
        news = [fill for fill in self.fills if (fill.symbol, fill.trade_id) not in booked]
        states = [self._states[order.order_id] for order in orders if order.order_id in self._states]
        self._words.clear()
        self._say(VenueReport(states=tuple(states), fills=tuple(news)))

    async def cancel(self, order_id: str) -> VenueReport:
        await asyncio.sleep(self.slow_s)
        before = self._states.get(order_id)
        report = self._kept(await self._venue.cancel(order_id))
        if self._chance.random() >= self.loses_cancels:
            return report
        self._say(report)
        return VenueReport() if before is None else VenueReport(states=(before,))

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        """The account and the books. No account while something is said that was not heard."""
        books = {symbol: book for symbol in symbols if (book := self.book(symbol)) is not None}
        return VenueReport(account=None if self._words else await self.account(), books=books)

    async def account(self) -> VenueAccount:
        ours = await self._venue.account()
        held = {symbol: ours.held.get(symbol, Decimal(0)) + more for symbol, more in self._foreign.items()}
        return VenueAccount(cash=ours.cash, held={**ours.held, **held})

    async def open_orders(self) -> tuple[Order, ...]:
        return await self._venue.open_orders()

    async def hear(self) -> VenueReport:
        while not self._words:
            self._spoken.clear()
            await self._spoken.wait()
        return self._words.pop(0)

    async def unprotected(self) -> dict[str, Decimal]:
        """What of its coins no stop and no sale at market covers, by market [base]."""
        left = dict((await self._venue.account()).held)
        filled = {order_id: state.filled_quantity for order_id, state in self._states.items()}
        for order in await self.open_orders():
            if order.reduce_only and order.kind is not OrderKind.LIMIT and order.symbol in left:
                left[order.symbol] -= order.quantity - filled.get(order.order_id, Decimal(0))
        return {symbol: bare for symbol, bare in left.items() if bare > 0}

    async def heard_out(self) -> None:
        """Wait a little for a session that hears what is still to be heard: one word comes between two bars."""
        for _ in range(1_000):
            if not self._words:
                return
            await asyncio.sleep(0)

    def _say(self, report: VenueReport) -> None:
        if report != VenueReport():
            self._words.append(report)
            self._spoken.set()

    def _kept(self, report: VenueReport) -> VenueReport:
        for state in report.states:
            if state.order_id not in self._states or self._states[state.order_id].status not in _DONE:
                self._states[state.order_id] = state
        self.fills += report.fills
        return report


class StandingFeed:
    """The slices of a tape; the exchange trades each before it is seen to have closed."""

    def __init__(self, tape: Tape, exchange: StandingExchange) -> None:
        self._slices = enumerate(tape.slices())
        self._exchange = exchange

    async def next(self) -> Slice | None:
        following = next(self._slices, None)
        if following is None:
            await self._exchange.heard_out()
            return None
        await self._exchange.trade(*following)
        await asyncio.sleep(0)
        return following[1]
