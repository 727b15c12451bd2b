"""What every venue can do, simulated or real. One contract suite in tests/ runs on each implementation."""

from typing import Protocol

from execution.reports import VenueAccount, VenueReport
from market.bar import Slice
from market.book import Book
from market.instrument import Instrument
from risk.order import Order


class Venue(Protocol):
    """An exchange. It checks the gate's seal on each order and refuses one without.

    Orders rest until the venue sees trading (`on_slice`): what is decided on a close can fill from the next bar on.
    """

    def instruments(self) -> dict[str, Instrument]:
        """Trading rules by symbol."""
        ...

    async def submit(self, order: Order) -> VenueReport:
        """Hand over a sealed order. The state says ACCEPTED, REJECTED (with a note) or UNKNOWN; none of them raises."""
        ...

    async def cancel(self, order_id: str) -> VenueReport:
        """Withdraw an open order. A filled or unknown one is reported as it is."""
        ...

    async def on_open(self, tape: Slice) -> VenueReport:
        """Funding that falls due in this slice, then trading at the open of its bars.

        What it fills can be protected before the rest of the bar.
        """
        ...

    async def on_slice(self, tape: Slice) -> VenueReport:
        """Trading during the rest of these bars: fills and state changes of resting orders."""
        ...

    def book(self, symbol: str) -> Book | None:
        """What the market of a symbol shows after the last slice; None where it shows nothing, or is not known.

        A replay must show the same: it is worked out of what is journaled, or journaled itself.
        """
        ...

    def account(self) -> VenueAccount | None:
        """The account as the venue keeps it, for comparison with the ledger at every bar.

        None where it must be asked over a network, or is a recording.
        """
        ...

    def open_orders(self) -> tuple[Order, ...]:
        """Accepted and not yet done, oldest first."""
        ...
