"""An order inside the matching core: its remaining quantity, and the price that triggers it.

An untriggered order costs one comparison a bar. It becomes active when trading reaches `wake_price`: a stop when it
is touched, a resting limit order only when the price passes it by a tick, because earlier orders in the queue fill
first.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from execution.exact import EXACT, ZERO
from execution.reports import OrderState, OrderStatus
from risk.order import Order, OrderKind, Side


@dataclass(slots=True)
class Resting:
    """An accepted order that is not final. `remaining` and `filled` [base]; `books` counts its attempts.

    `taking`: it takes from the next book: a market order, a triggered stop, or a limit order that has not met a book.
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
        """Return a new order that has passed the filters."""
        buys = order.side is Side.BUY
        if order.limit_price is not None and not order.capped:
            wake = EXACT.subtract(order.limit_price, tick_size) if buys else EXACT.add(order.limit_price, tick_size)
            return cls(order, order.quantity, True, wake, wakes_falling=buys)
        return cls(order, order.quantity, order.kind is OrderKind.MARKET, order.stop_price, wakes_falling=not buys)

    def reached(self, low: Decimal, high: Decimal) -> bool:
        """Return whether trading between these two prices triggers it."""
        if self.wake_price is None:
            return False
        return low <= self.wake_price if self.wakes_falling else high >= self.wake_price

    def touched_at(self, start: Decimal) -> Decimal:
        """Return the price at which a movement from `start` triggers it: `start` itself if it is already passed."""
        wake = start if self.wake_price is None else self.wake_price
        return min(wake, start) if self.wakes_falling else max(wake, start)

    def accepts(self, price: Decimal) -> bool:
        """Return whether its limit, if any, allows a trade at this price."""
        limit = self.order.limit_price
        if limit is None:
            return True
        return price <= limit if self.order.side is Side.BUY else price >= limit

    def state(self, status: OrderStatus, at: datetime, note: str = "") -> OrderState:
        """Return its state as the venue reports it."""
        order = self.order
        return OrderState(
            order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=status,
            filled_quantity=self.filled, at_utc=at, note=note,
        )  # fmt: skip

    def is_there(self, sent_by: datetime | None) -> bool:
        """Return whether it is at the venue: orders newer than `sent_by` are not, unless they have met a book."""
        return bool(self.books) or sent_by is None or self.order.created_utc <= sent_by

    @property
    def arrives(self) -> bool:
        """Return whether it takes from the next book and has met none before."""
        return self.taking and not self.books

    @property
    def is_urgent_exit(self) -> bool:
        """Return whether it reduces a position at any price: a stop or a market order."""
        return self.order.reduce_only and self.order.limit_price is None

    @property
    def open_status(self) -> OrderStatus:
        """Return its status while it is open."""
        return OrderStatus.PARTIAL if self.filled else OrderStatus.ACCEPTED
