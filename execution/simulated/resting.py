"""An order inside the matching core: what is left of it, and at which price it wakes.

Asleep, an order costs one comparison a bar. It wakes when trading reaches `wake_price`: a stop when it is touched, a
resting limit only when the price goes through it by a tick, because those who queued before us are served first.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from execution.exact import EXACT, ZERO
from execution.reports import OrderState, OrderStatus
from risk.order import Order, OrderKind, Side


@dataclass(slots=True)
class Resting:
    """An accepted order that is not done. `remaining` and `filled` in base units; `books` counts its attempts.

    `taking`: it takes from the next book: a market order, a touched stop, a limit that has not yet seen a book.
    """

    order: Order
    remaining: Decimal
    taking: bool
    wake_price: Decimal | None
    wakes_falling: bool
    filled: Decimal = ZERO
    trades: int = 0
    books: int = 0

    @classmethod
    def accepted(cls, order: Order, tick_size: Decimal) -> "Resting":
        """A fresh order; the filters have passed it."""
        buys = order.side is Side.BUY
        if order.limit_price is not None:
            wake = EXACT.subtract(order.limit_price, tick_size) if buys else EXACT.add(order.limit_price, tick_size)
            return cls(order, order.quantity, True, wake, wakes_falling=buys)
        return cls(order, order.quantity, order.kind is OrderKind.MARKET, order.stop_price, wakes_falling=not buys)

    def reached(self, low: Decimal, high: Decimal) -> bool:
        """Whether trading between these two prices wakes it."""
        if self.wake_price is None:
            return False
        return low <= self.wake_price if self.wakes_falling else high >= self.wake_price

    def touched_at(self, start: Decimal) -> Decimal:
        """Price at which a movement from `start` that reaches it wakes it: `start` itself when already beyond."""
        wake = start if self.wake_price is None else self.wake_price
        return min(wake, start) if self.wakes_falling else max(wake, start)

    def accepts(self, price: Decimal) -> bool:
        """Whether its limit, if any, allows a trade at this price."""
        limit = self.order.limit_price
        if limit is None:
            return True
        return price <= limit if self.order.side is Side.BUY else price >= limit

    def state(self, status: OrderStatus, at: datetime, note: str = "") -> OrderState:
        """Its state as the venue tells it."""
        order = self.order
        return OrderState(
            order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=status,
            filled_quantity=self.filled, at_utc=at, note=note,
        )  # fmt: skip

    def is_there(self, sent_by: datetime | None) -> bool:
        """Whether it has reached the venue, where orders newer than `sent_by` have not; one that has met a book is there."""
        return bool(self.books) or sent_by is None or self.order.created_utc <= sent_by

    @property
    def arrives(self) -> bool:
        """Whether it takes from the next book, and has met none before."""
        return self.taking and not self.books

    @property
    def is_urgent_exit(self) -> bool:
        """Whether it reduces a position at whatever price there is: a stop or a market order."""
        return self.order.reduce_only and self.order.limit_price is None

    @property
    def open_status(self) -> OrderStatus:
        """Its status while it is open."""
        return OrderStatus.PARTIAL if self.filled else OrderStatus.ACCEPTED
