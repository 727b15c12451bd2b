"""The order: the only value that execution sends. Only the gate makes orders; one whose seal does not verify is refused.

No room above `execution` may import this module (a contract in pyproject.toml).
"""

import hashlib
import hmac
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from config.frozen import Journaled, UtcTime, Word, absent, empty

Positive = Annotated[Decimal, Field(gt=0)]


class Side(Word):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a sale."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderKind(Word):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"


class Purpose(Word):
    """The purpose of an order. All purposes but ENTRY only reduce a position."""

    ENTRY = "entry"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TRAILING_STOP = "trailing_stop"
    STRATEGY_EXIT = "strategy_exit"
    OUTAGE_EXIT = "outage_exit"
    """Sold, in part or whole, by the profile's schedule for an outage of the models."""
    TRIM = "trim"
    """Sold in part, because the position voters want a smaller share."""
    HORIZON_EXIT = "horizon_exit"
    """Sold, because the time for which its voters meant to hold is over and nobody has voted for it again."""
    LIQUIDATION = "liquidation"
    """Closed by the exchange, because its margin was used up. No order of ours has it, only a fill."""
    DELEVERAGING = "deleveraging"
    """Reduced by the exchange in favour of somebody who was liquidated (auto-deleveraging). No order of ours has it."""


class Order(Journaled):
    """A signed order. LIMIT has a `limit_price`; STOP has a `stop_price` and becomes a market order when that is touched.

    MARKET takes from the book at once. An entry at market may have a `limit_price`: it buys what the first book offers up to that
    price, and the rest is cancelled (elsewhere called immediate or cancel).
    """

    event_kind: ClassVar[str] = "intent"
    event_version: ClassVar[int] = 6

    order_id: str
    decision_id: str
    symbol: str
    side: Side
    kind: OrderKind
    purpose: Purpose
    quantity: Positive
    limit_price: Positive | None = None
    stop_price: Positive | None = None
    oco_group: str | None = None
    """One cancels the other: a fill of one member reduces the other members of the group by the same quantity."""
    created_utc: UtcTime
    trail_quote: Positive | None = Field(default=None, exclude_if=absent)
    """Of an entry: the distance of the trailing stop that leaves with it, attached. Of a STOP: that it trails the best price at
    this distance, at a venue that does so by itself [quote]. Absent for all others."""
    account: str = Field(default="", exclude_if=empty)
    """The exchange that it goes to, in a session on several; empty for one. It is sealed: no other exchange takes the order."""
    seal: str = ""

    @property
    def capped(self) -> bool:
        """Whether it is an entry at market that pays at most its limit."""
        return self.kind is OrderKind.MARKET and self.limit_price is not None

    @property
    def reduce_only(self) -> bool:
        """True for everything but an entry."""
        return self.purpose is not Purpose.ENTRY


class Seal:
    """Signs and verifies orders with a key that only the gate and the entrance of the venue have."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"order-seal" + key).digest()

    def sign(self, order: Order) -> Order:
        """The same order, sealed."""
        return order.model_copy(update={"seal": self._mac(order)})

    def verify(self, order: Order) -> bool:
        """Whether the gate signed exactly this order. An order as a journal tells it is none, whatever seal it shows."""
        return type(order) is Order and hmac.compare_digest(order.seal.encode(), self._mac(order).encode())

    def _mac(self, order: Order) -> str:
        body = order.model_dump_json(exclude={"seal"}).encode()
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()[:32]
