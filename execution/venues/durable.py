"""A venue that is sent no entry while the session's journal cannot be written.

The intent is on disk before an order is sent (law 5). An exit may be sent without: what is held must be sold even then. An entry
is answered with a rejection that says so, and the journal keeps that answer with the intent, so a replay and a resumed run read
the same. It decides nothing else.
"""

from collections.abc import Callable, Iterable

from execution.reports import OrderState, OrderStatus, VenueAccount, VenueReport, VenueWord
from execution.venues.recorded import Peek
from execution.venues.venue import Venue
from market.book import Book
from market.instrument import Instrument
from risk.order import Order

UNSENT = "not sent: its intent could not be written to the journal"
"""The note of an entry that was not sent."""


class DurableEntries:
    """A venue behind a journal. `is_lost`: whether that cannot be written. `past`: a journal that is repeated first."""

    def __init__(self, venue: Venue, is_lost: Callable[[], bool], past: Peek | None = None) -> None:
        self._venue = venue
        self._is_lost = is_lost
        self._past = past

    def instruments(self) -> dict[str, Instrument]:
        return self._venue.instruments()

    def book(self, symbol: str) -> Book | None:
        return self._venue.book(symbol)

    async def submit(self, order: Order) -> VenueReport:
        if not order.reduce_only and (self._is_lost() or self._was_not_sent(order)):
            return _unsent(order)
        return await self._venue.submit(order)

    async def cancel(self, order_id: str) -> VenueReport:
        return await self._venue.cancel(order_id)

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        return await self._venue.look(symbols)

    async def hear(self) -> VenueReport | None:
        return await self._venue.hear()

    async def account(self) -> VenueAccount | None:
        return await self._venue.account()

    async def open_orders(self) -> tuple[Order, ...]:
        return await self._venue.open_orders()

    def _was_not_sent(self, order: Order) -> bool:
        """Whether the journal that is repeated says that the order was not sent."""
        following = None if self._past is None else self._past.peek()
        return isinstance(following, VenueWord) and following.report == _unsent(order)


def _unsent(order: Order) -> VenueReport:
    state = OrderState(
        order_id=order.order_id,
        decision_id=order.decision_id,
        symbol=order.symbol,
        status=OrderStatus.REJECTED,
        at_utc=order.created_utc,
        note=UNSENT,
    )
    return VenueReport(states=(state,))
