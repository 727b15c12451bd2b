"""The execution room's words: a fill, a payment of funding, and what is known of an order."""

from decimal import Decimal
from enum import StrEnum

from config.frozen import Frozen, UtcTime
from risk.order import Purpose, Side


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
