"""What every venue can do, simulated or real, and what drives a simulated one through a bar.

A venue has two sides: orders, and market data. Only an account that trades on a simulation or a recording holds a `BarDriver`
as well. One contract suite in tests/ runs on each implementation.
"""

from collections.abc import Iterable
from typing import Protocol

from execution.reports import VenueAccount, VenueReport
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from risk.order import Order


class OrderVenue(Protocol):
    """The side of a venue that takes orders. It checks the gate's seal on each order and refuses one without.

    No method raises because of what a venue answers or fails to answer: the report says it, or is empty.
    """

    def instruments(self) -> dict[str, Instrument]:
        """Trading rules by symbol."""
        ...

    async def submit(self, order: Order) -> VenueReport:
        """Hand over a sealed order. The state says ACCEPTED, REJECTED (with a note) or UNKNOWN."""
        ...

    async def cancel(self, order_id: str) -> VenueReport:
        """Withdraw an open order. A filled or unknown one is reported as it is."""
        ...

    async def hear(self) -> VenueReport | None:
        """Wait for the next report that is no answer to a question: fills and states.

        Returns None if the venue will send no more reports between bars; it is then not asked again. Only one caller waits at a
        time. It may cancel the wait: no report is lost, and the next call returns it.
        """
        ...

    async def account(self) -> VenueAccount | None:
        """The account as the venue keeps it, for comparison with the ledger at every bar.

        None if the venue cannot be asked, such as a recording.
        """
        ...

    async def open_orders(self) -> tuple[Order, ...]:
        """Accepted and not yet done, oldest first."""
        ...


class MarketData(Protocol):
    """The side of a venue that shows its markets."""

    def book(self, symbol: str) -> Book | None:
        """The last order book of a symbol; None if there is none, or the symbol is not known.

        A replay must show the same book: it is computed from journaled events, or journaled itself.
        """
        ...


class Venue(OrderVenue, MarketData, Protocol):
    """Both sides of one venue.

    `look` asks a real exchange for its account and the books of some markets, so that they are journaled before a decision reads
    them. A simulated venue has nothing to add: its report is empty.

    Orders rest until there is trading: an order that is sent at a close can fill from the next bar on.
    """

    async def look(self, symbols: Iterable[str]) -> VenueReport: ...


class BarDriver(Protocol):
    """Drives a venue through a bar, if its trading is computed from bars or read from a recording."""

    async def on_open(self, shown: Slice) -> VenueReport:
        """Settle the funding that falls due in this slice, then trade at the open of its bars.

        A fill of the open can be protected before the rest of the bar.
        """
        ...

    async def on_slice(self, shown: Slice) -> VenueReport:
        """Trade during the rest of these bars: fills and state changes of resting orders."""
        ...


class DrivenVenue(Venue, BarDriver, Protocol):
    """A simulated or recorded venue: it trades when it is driven."""
