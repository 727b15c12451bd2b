"""What every venue can do, simulated or real, and what drives a simulated one through a bar.

A venue has two sides: orders, and market data. Only an account that trades on a simulation or a recording holds a `BarDriver`
as well. One contract suite in tests/ runs on each implementation.
"""

from typing import Protocol

from execution.reports import VenueAccount, VenueReport
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from risk.order import Order


class OrderVenue(Protocol):
    """The side of a venue that takes orders. It checks the gate's seal on each order and refuses one without.

    Nothing here raises for what a venue says or fails to say: the report tells it, or is empty.
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
        """Wait for the venue's next word of its own accord: fills and states that are no answer to a question.

        Returns None where the venue will say nothing more between bars: it is not asked again. One caller waits at a time, and
        may cancel the wait: no word is lost by that, the next call returns it.
        """
        ...

    async def account(self) -> VenueAccount | None:
        """The account as the venue keeps it, for comparison with the ledger at every bar.

        None where the venue cannot be asked, such as a recording.
        """
        ...

    async def open_orders(self) -> tuple[Order, ...]:
        """Accepted and not yet done, oldest first."""
        ...


class MarketData(Protocol):
    """The side of a venue that shows its markets."""

    def book(self, symbol: str) -> Book | None:
        """The order book of a symbol as last shown; None where nothing was shown, or the symbol is not known.

        A replay must show the same: the book is worked out of what is journaled, or journaled itself.
        """
        ...


class Venue(OrderVenue, MarketData, Protocol):
    """Both sides of one venue.

    Orders rest until there is trading: what is decided on a close can fill from the next bar on.
    """


class BarDriver(Protocol):
    """Drives a venue through a bar, where its trading is worked out of bars or read from a recording."""

    async def on_open(self, shown: Slice) -> VenueReport:
        """Settle the funding that falls due in this slice, then trade at the open of its bars.

        What is filled here can be protected before the rest of the bar.
        """
        ...

    async def on_slice(self, shown: Slice) -> VenueReport:
        """Trade during the rest of these bars: fills and state changes of resting orders."""
        ...


class DrivenVenue(Venue, BarDriver, Protocol):
    """A simulated or recorded venue: it trades when it is driven."""
