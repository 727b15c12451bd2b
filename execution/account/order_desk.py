"""The order desk: it sends and cancels orders, and books the venue's reports.

An order's intent is in the journal before the order is sent. Every report of the venue is journaled before the system acts on it,
and each fill goes into the ledger at once. Followers, such as the protection, are called after each report.

It never guesses the state of an order, and never acts twice on the same fill. It decides nothing: the gate and the protection
decide which order is sent, and why.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from execution.account.agreement import Agreement
from execution.account.close_only import ClosedMarkets
from execution.account.decision import DecisionOrders
from execution.account.ledger import Ledger
from execution.account.order_errors import OrderErrors
from execution.account.orders import Orders
from execution.exact import EXACT
from execution.journal.event import Sink
from execution.reports import LOOK, NOTHING, DustSwept, Fill, VenueReport, VenueWord
from execution.venues.venue import Venue
from market.book import Book
from risk.order import Order
from risk.portfolio import Position

Follower = Callable[[datetime], Awaitable[None]]
"""A function that is called after a report of the venue was booked, with the time of the report."""


class OrderDesk:
    """One session's orders on its venue, which may be several exchanges."""

    def __init__(
        self,
        venue: Venue,
        ledger: Ledger,
        sink: Sink,
        orders: Orders,
        agreements: Mapping[str, Agreement] | None = None,
    ) -> None:
        """`agreements`: what compares an exchange's account with the ledger, by the exchange's name; that of one exchange is
        empty."""
        self.agreements = agreements or {}
        self._closed = {name: ClosedMarkets(sink, name) for name in ledger.accounts or ("",)}
        self._venue = venue
        self._ledger = ledger
        self._sink = sink
        self._orders = orders
        self._errors = OrderErrors()
        self._followers: tuple[Follower, ...] = ()
        self.books: dict[str, Book] = {}
        """The books that the venue has reported last, by market."""
        self.books_at: dict[str, dict[str, Book]] = {}
        """Those of each of several exchanges, by its name."""

    def follow(self, follower: Follower) -> None:
        """Call `follower` after each report that was booked."""
        self._followers = (*self._followers, follower)

    def closed(self, account: str = "") -> ClosedMarkets:
        """The markets that are close-only at a real exchange; `account`: at which of several."""
        return self._closed[account]

    async def send(self, order: Order, of: DecisionOrders) -> None:
        """Journal the intent, then hand the order to the venue. `of`: the decision whose position it opens or reduces."""
        self._sink.append(order)
        self._orders.sent(order, of)
        await self.hear(f"submit {order.order_id}", await self._venue.submit(order), order.created_utc)

    async def cancel(self, order_id: str, at: datetime) -> None:
        """Withdraw an order. A fill that is reported meanwhile is booked like any other."""
        await self.hear(f"cancel {order_id}", await self._venue.cancel(order_id), at)

    async def send_all(self, orders: Sequence[tuple[Order, DecisionOrders]], at: datetime, together: int) -> None:
        """Journal all these intents, then hand the orders to the venue together. The answers are booked in the order of the
        intents, at `at`."""
        for order, of in orders:
            self._sink.append(order)
            self._orders.sent(order, of)
        asks = [(f"submit {order.order_id}", partial(self._venue.submit, order)) for order, _ in orders]
        await self._ask_all(asks, at, together)

    async def cancel_all(self, order_ids: Sequence[str], at: datetime, together: int) -> None:
        """Withdraw these orders together. The answers are booked in this order."""
        asks = [(f"cancel {order_id}", partial(self._venue.cancel, order_id)) for order_id in order_ids]
        await self._ask_all(asks, at, together)

    async def cancel_entry(self, symbol: str, at: datetime) -> None:
        """Withdraw the entry that is under way in a market, if there is one. What it has bought stays protected."""
        order_id = self._orders.withdraw_entry(symbol)
        if order_id is not None:
            await self.cancel(order_id, at)

    async def hear(self, asked: str, report: VenueReport, at: datetime) -> None:
        """Journal a report of the venue, book it, and call the followers. An empty report is ignored, but a look that shows no
        book of a market ends the one before."""
        if asked == LOOK:
            self.books.clear()
            self.books_at.clear()
        if report is NOTHING or report.is_empty:
            return
        self._sink.append(VenueWord(asked=asked, report=report))
        self._settle(report, at)
        self.books.update(report.books)
        self.books_at.update(report.books_at)
        for follower in self._followers:
            await follower(at)

    def sweep(self, symbol: str, at: datetime) -> None:
        """Count what is left of a position as dust."""
        self._sink.append(DustSwept(at_utc=at, symbol=symbol, quantity=self._ledger.quantities()[symbol]))
        self._ledger.sweep(symbol)

    def sweep_stray(self, stray: Position, at: datetime) -> None:
        """Count what lies astray at an exchange as dust there."""
        self._sink.append(DustSwept(at_utc=at, symbol=stray.symbol, quantity=stray.quantity, stray_at=stray.account))
        self._ledger.sweep(stray.symbol, stray.account)

    def errors_since(self, begin: datetime) -> int:
        """How many orders were rejected or have an unknown state since this time."""
        return self._errors.since(begin)

    async def _ask_all(
        self, asks: Sequence[tuple[str, Callable[[], Coroutine[Any, Any, VenueReport]]]], at: datetime, together: int
    ) -> None:
        """Ask the venue several questions, so many at a time, and book each answer in its turn.

        One that is answered at once, as by a journal that is repeated, is booked before the next is asked.
        """
        waiting: deque[tuple[str, asyncio.Task[VenueReport]]] = deque()
        try:
            for asked, ask in asks:
                waiting.append((asked, asyncio.ensure_future(ask())))
                await asyncio.sleep(0)
                while waiting and (waiting[0][1].done() or sum(not task.done() for _, task in waiting) >= together):
                    await self.hear(waiting[0][0], await waiting[0][1], at)
                    waiting.popleft()
            while waiting:
                await self.hear(waiting[0][0], await waiting[0][1], at)
                waiting.popleft()
        finally:
            for _, task in waiting:
                task.cancel()

    def _settle(self, report: VenueReport, at: datetime) -> None:
        """Book funding and fills, and note the state of each order."""
        for paid in report.funding:
            self._ledger.apply_funding(paid.funding_id, paid.amount, paid.account, paid.symbol)
        if report.close_only is not None:
            self._closed[""].see(report.close_only, at)
        for name, told in report.close_only_at.items():
            self._closed[name].see(told, at)
        for fill in report.fills:
            surplus = self._ledger.surplus(fill)
            if self._ledger.apply(fill):
                self._orders.filled(fill)
            if surplus:
                self._disown(fill, surplus, at)
        self._errors.note(report.states, at)
        for state in report.states:
            self._orders.settle(state)
        if report.account is None:
            return
        for name, agreement in self.agreements.items():
            part = report.account.members.get(name) if name else report.account
            if part is not None:
                agreement.see(part, at)

    def _disown(self, fill: Fill, surplus: Decimal, at: datetime) -> None:
        """A sale of more than is held: the surplus were coins of somebody else. The market is closed until a human has looked."""
        money = EXACT.multiply(surplus, fill.price)
        if fill.account in self.agreements:
            self.agreements[fill.account].take_for_foreign(fill.symbol, surplus, money)
        why = (
            f"the exchange reports that trade {fill.trade_id} sold {fill.quantity}, which is {surplus} more than the ledger "
            f"holds. "
            f"Those {surplus} were not this account's, nor are the {money} that they brought: neither was booked"
        )
        self._closed[fill.account].find(fill.symbol, why, at)
