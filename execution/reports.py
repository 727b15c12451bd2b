"""The values that a venue reports: fills, funding payments, order states and its account."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime, Word, absent, empty
from market.bar import Part, Slice
from market.book import Book
from risk.order import Order, Purpose, Side


class Liquidity(Word):
    MAKER = "maker"
    TAKER = "taker"


class Fill(Frozen):
    """A trade that the venue reports. Quantity [base], price [quote], fee in `fee_currency`."""

    trade_id: str
    order_id: str
    decision_id: str
    symbol: str
    side: Side
    purpose: Purpose
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity
    filled_utc: UtcTime
    account: str = Field(default="", exclude_if=empty)
    """The exchange that traded, in a session on several; empty for one. Two exchanges may give the same trade id."""


class Funding(Frozen):
    """What the venue charged for a position at a funding time (negative: received). Quantity [base], money [quote]."""

    funding_id: str
    symbol: str
    rate: Decimal
    """Funding rate [fraction of the notional]."""
    quantity: Decimal
    mark_price: Decimal
    amount: Decimal
    at_utc: UtcTime
    account: str = Field(default="", exclude_if=empty)
    """The exchange that charged it, in a session on several; empty for one."""


class OrderStatus(Word):
    """`UNKNOWN`: the order was sent and there is no evidence yet. It differs from `REJECTED`, and waiting never
    changes it (law 5).
    """

    INTENT = "intent"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class OrderState(Frozen):
    """The state of an order as the venue last reported it."""

    order_id: str
    decision_id: str
    symbol: str
    status: OrderStatus
    filled_quantity: Decimal = Decimal(0)
    at_utc: UtcTime
    note: str = ""


class PositionTold(Frozen):
    """An open position on perpetuals as a real exchange tells it. Prices and margin [quote]."""

    entry_price: Decimal = Field(description="its average entry price [quote]")
    mark_price: Decimal | None = Field(description="the mark price; null where it is not told [quote]")
    margin: Decimal | None = Field(description="what is put in for it; null where it is not told [quote]")
    liquidation_price: Decimal | None = Field(
        description="the mark price at which it is liquidated; null where none is told [quote]"
    )


class Balances(Frozen):
    """Cash [quote], and holdings by symbol [base], none of them zero. On perpetuals cash is the wallet, holdings have a sign."""

    cash: Decimal
    held: dict[str, Decimal]
    positions: dict[str, PositionTold] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="what a real exchange tells of the positions on perpetuals, by symbol; absent for spot",
    )


class VenueAccount(Balances):
    """The account in the venue's own books. Of several exchanges: what those that told it have together."""

    members: dict[str, Balances] = Field(default_factory=dict, exclude_if=empty)
    """What each of several exchanges has, by name; one that did not tell it is left out."""


CLOCK_OFF = "this machine's clock is"
"""What the reason of a close-only market begins with where this machine's clock is too far off."""


class CloseOnly(Frozen):
    """Why a real exchange's market is close-only."""

    why: str
    gone: bool = Field(default=False, exclude_if=empty)
    """Whether the exchange has no such market any more, so that no order can be sent there at all."""


class VenueReport(Frozen):
    """One answer of a venue: order states and fills, each in the order in which they happened.

    `funding` was settled before any of these fills.
    """

    states: tuple[OrderState, ...] = ()
    fills: tuple[Fill, ...] = ()
    funding: tuple[Funding, ...] = Field(default=(), exclude_if=empty)
    account: VenueAccount | None = Field(default=None, exclude_if=absent)
    """The account as a real exchange keeps it, when it was asked: what was bound by orders included, and what is not ours."""
    books: dict[str, Book] = Field(default_factory=dict, exclude_if=empty)
    """The order books of a real exchange by market, as they were when it was asked: the gate reads them, and a replay too."""
    close_only: dict[str, CloseOnly] | None = Field(default=None, exclude_if=absent)
    """All markets of a real exchange that are close-only now, and why, where that has changed; None where nothing is said."""
    books_at: dict[str, dict[str, Book]] = Field(default_factory=dict, exclude_if=empty)
    """`books` of each of several exchanges, by its name."""
    close_only_at: dict[str, dict[str, CloseOnly]] = Field(default_factory=dict, exclude_if=empty)
    """`close_only` of those of several exchanges that said something, by name."""

    @property
    def is_empty(self) -> bool:
        """Whether it tells of nothing."""
        told = self.states or self.fills or self.funding or self.books or self.books_at or self.close_only_at
        return not told and self.account is None and self.close_only is None


NOTHING = VenueReport()
"""A report that tells of nothing."""


def asked(what: str, tape: Slice) -> str:
    """Return the name of a venue's report on a slice: "bar", or "bar 3" for the third part of a bar."""
    return f"{what} {tape.number}" if isinstance(tape, Part) else what


LOOK = "look"
"""What a word is filed under that answers what a real exchange's account and books look like, at a bar close."""
HEARD = "heard"
"""What a word is filed under that the venue spoke of its own accord, between two bars."""


def told_utc(report: VenueReport) -> tuple[datetime, ...]:
    """The moments that a report tells of."""
    return (
        *(state.at_utc for state in report.states),
        *(fill.filled_utc for fill in report.fills),
        *(paid.at_utc for paid in report.funding),
    )


class VenueWord(Journaled):
    """A report of the venue as the journal stores it, with the question that it answers; `heard`: nobody asked."""

    event_kind: ClassVar[str] = "venue"
    event_version: ClassVar[int] = 6

    asked: str
    report: VenueReport


class DustSwept(Journaled):
    """What is left of a position, base units, is too small for any order of the exchange: it is dust from now on."""

    event_kind: ClassVar[str] = "dust_swept"
    event_version: ClassVar[int] = 2

    at_utc: UtcTime
    symbol: str
    quantity: Decimal
    stray_at: str | None = Field(default=None, exclude_if=absent)
    """The exchange at which it was astray: bought there while the position lies at another one. Absent for a position."""


class SentOrder(Order):
    """An order as a journal tells of it: for reading. It has the fields of an order, and no venue takes one."""
