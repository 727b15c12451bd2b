"""The execution room's words: a fill, a payment of funding, and what is known and told of an order."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime
from market.bar import Part, Slice
from risk.order import Order, Purpose, Side


class Liquidity(StrEnum):
    MAKER = "maker"
    TAKER = "taker"


class Fill(Frozen):
    """A trade that the venue reports. Quantity in base units, price in quote, fee in `fee_currency`."""

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


class Funding(Frozen):
    """What a venue took for a position at a funding moment (negative: paid out). Quantity in base units, money in quote units."""

    funding_id: str
    symbol: str
    rate: Decimal
    """Share of the notional."""
    quantity: Decimal
    mark_price: Decimal
    amount: Decimal
    at_utc: UtcTime


class OrderStatus(StrEnum):
    """`UNKNOWN`: sent, and no evidence yet. It is not `REJECTED` and never becomes so by waiting (law 5)."""

    INTENT = "intent"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class OrderState(Frozen):
    """An order's state as the venue last told it."""

    order_id: str
    decision_id: str
    symbol: str
    status: OrderStatus
    filled_quantity: Decimal = Decimal(0)
    at_utc: UtcTime
    note: str = ""


class VenueReport(Frozen):
    """What a venue said in one exchange of words: order states, and fills, each in the order they happened.

    `funding` was settled before any of these fills.
    """

    states: tuple[OrderState, ...] = ()
    fills: tuple[Fill, ...] = ()
    funding: tuple[Funding, ...] = Field(default=(), exclude_if=lambda funding: not funding)


class VenueAccount(Frozen):
    """What a venue's own books say: free cash in quote units, and base units held by symbol, none of them zero."""

    cash: Decimal
    held: dict[str, Decimal]


def asked(what: str, tape: Slice) -> str:
    """What a venue's word on a slice is filed under: "bar", and "bar 3" for the third part of one."""
    return f"{what} {tape.number}" if isinstance(tape, Part) else what


class VenueWord(Journaled):
    """What a venue said when it was asked something, as it stands in the journal."""

    event_kind: ClassVar[str] = "venue"

    asked: str
    report: VenueReport


class SentOrder(Order):
    """An order as a journal tells of it: for reading. It has the fields of an order, and no venue takes one."""
