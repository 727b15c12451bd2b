"""The order desk: it sends and cancels orders, and books the venue's reports.

An order's intent is in the journal before the order is sent. Every report of the venue is journaled before the system acts on it,
and each fill goes into the ledger at once. Followers, such as the protection, are called after each report.

It never guesses the state of an order, and never acts twice on the same fill. It decides nothing: the gate and the protection
decide which order is sent, and why.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from execution.account.agreement import Agreement
from execution.account.decision import DecisionOrders
from execution.account.ledger import Ledger
from execution.account.order_errors import OrderErrors
from execution.account.orders import Orders
from execution.journal.event import Sink
from execution.reports import LOOK, DustSwept, VenueReport, VenueWord
from execution.venues.venue import Venue
from market.book import Book
from risk.order import Order

Follower = Callable[[datetime], Awaitable[None]]
"""A function that is called after a report of the venue was booked, with the time of the report."""


class OrderDesk:
    """One account's orders on one venue."""

    def __init__(
        self, venue: Venue, ledger: Ledger, sink: Sink, orders: Orders, agreement: Agreement | None = None
    ) -> None:
        """`agreement`: what compares the venue's account with the ledger, where the venue reports one."""
        self._agreement = agreement
        self._venue = venue
        self._ledger = ledger
        self._sink = sink
        self._orders = orders
        self._errors = OrderErrors()
        self._followers: tuple[Follower, ...] = ()
        self.books: dict[str, Book] = {}
        """The books that the venue has reported last, by market."""

    def follow(self, follower: Follower) -> None:
        """Call `follower` after each report that was booked."""
        self._followers = (*self._followers, follower)

    async def send(self, order: Order, of: DecisionOrders) -> None:
        """Journal the intent, then hand the order to the venue. `of`: the decision whose position it opens or reduces."""
        self._sink.append(order)
        self._orders.sent(order, of)
        await self.hear(f"submit {order.order_id}", await self._venue.submit(order), order.created_utc)

    async def cancel(self, order_id: str, at: datetime) -> None:
        """Withdraw an order. A fill that is reported meanwhile is booked like any other."""
        await self.hear(f"cancel {order_id}", await self._venue.cancel(order_id), at)

    async def cancel_entry(self, symbol: str, at: datetime) -> None:
        """Withdraw the entry that is under way in a market, if there is one. What it has bought stays protected."""
        entering = self._orders.entry(symbol)
        if entering is not None:
            await self.cancel(entering.entry.order_id, at)

    async def hear(self, asked: str, report: VenueReport, at: datetime) -> None:
        """Journal a report of the venue, book it, and call the followers. An empty report is ignored, but a look that shows no
        book of a market ends the one before."""
        if asked == LOOK:
            self.books.clear()
        if report.is_empty:
            return
        self._sink.append(VenueWord(asked=asked, report=report))
        self._settle(report, at)
        self.books.update(report.books)
        for follower in self._followers:
            await follower(at)

    def sweep(self, symbol: str, at: datetime) -> None:
        """Count what is left of a position as dust."""
        self._sink.append(DustSwept(at_utc=at, symbol=symbol, quantity=self._ledger.quantities()[symbol]))
        self._ledger.sweep(symbol)

    def errors_since(self, begin: datetime) -> int:
        """How many orders were rejected or have an unknown state since this time."""
        return self._errors.since(begin)

    def _settle(self, report: VenueReport, at: datetime) -> None:
        """Book funding and fills, and note the state of each order."""
        for paid in report.funding:
            self._ledger.apply_funding(paid.funding_id, paid.amount)
        for fill in report.fills:
            if self._ledger.apply(fill):
                self._orders.filled(fill)
        self._errors.note(report.states, at)
        for state in report.states:
            self._orders.settle(state)
        if report.account is not None and self._agreement is not None:
            self._agreement.see(report.account, at)
