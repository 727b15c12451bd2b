"""What is known of the orders that went to the broker: each with what it has traded and how it ended.

An order is done when the broker says so and all that it has traded was told with its fee: a state never runs ahead of its fills.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from execution.reports import Fill, OrderState, OrderStatus
from risk.order import Order

if TYPE_CHECKING:
    from ib_async import Trade

DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
ENDED = frozenset({"Cancelled", "ApiCancelled", "Inactive"})
"""States of the broker in which an order trades no more, though not all of it has traded."""
LIVE = frozenset({"PreSubmitted", "Submitted", "ValidationError", "PendingCancel"})
"""States of the broker in which it works, or will. A warning ("will not be placed until 09:15") leaves an order alive."""

_UNSET = 1e300
"""Above this a price of the wire is none."""


@dataclass
class Tracked:
    """One order of this account. `quantity`: what was sent of it [shares]."""

    order: Order
    quantity: Decimal
    trade: "Trade | None" = None
    status: OrderStatus = OrderStatus.UNKNOWN
    filled: Decimal = Decimal(0)
    note: str = ""
    executions: set[str] = field(default_factory=set)

    @property
    def is_done(self) -> bool:
        return self.status in DONE

    def take(self, fill: Fill) -> bool:
        """Note a fill. Returns whether it is a new one."""
        if fill.trade_id in self.executions:
            return False
        self.executions.add(fill.trade_id)
        self.filled += fill.quantity
        if not self.is_done:
            self.status = OrderStatus.FILLED if self.filled >= self.quantity else OrderStatus.PARTIAL
        return True

    def follow(self) -> bool:
        """Note what the broker says of it now. Returns whether that is news."""
        if self.trade is None or self.is_done:
            return False
        before, told = self.status, self.trade.orderStatus
        if told.status in ENDED and Decimal(repr(told.filled)) <= self.filled:
            why = next((entry for entry in reversed(self.trade.log) if entry.errorCode not in (0, 202)), None)
            refused = why is not None and not self.filled and before is OrderStatus.UNKNOWN
            self.status = OrderStatus.REJECTED if refused else OrderStatus.CANCELLED
            self.note = self.note or ("" if why is None else " ".join(why.message.split()))
        elif told.status in LIVE and before is OrderStatus.UNKNOWN:
            self.status = OrderStatus.ACCEPTED
        return self.status is not before

    def state(self, at: datetime) -> OrderState:
        """Its state as a report tells it."""
        return OrderState(
            order_id=self.order.order_id, decision_id=self.order.decision_id, symbol=self.order.symbol, status=self.status,
            filled_quantity=self.filled, at_utc=at, note=self.note,
        )  # fmt: skip


@dataclass
class Child:
    """The trailing stop that was attached to an entry. `bound`: the stop of the account that it stands for, once there is one;
    `early`: what it has traded before that."""

    trade: "Trade"
    distance: Decimal
    bound: Tracked | None = None
    early: list[Fill] = field(default_factory=list)
    at: float | None = None
    """Where it stood when that was last told [quote]."""

    def has_moved(self) -> bool:
        """Whether it stands elsewhere than when this was last asked; the order that it stands for then says where."""
        now = float(self.trade.order.trailStopPrice)
        if self.bound is None or self.bound.is_done or not 0 < now < _UNSET or now == self.at:
            return False
        self.at, self.bound.note = now, f"trails at {now:g}"
        return True

    @property
    def is_live(self) -> bool:
        return self.trade.orderStatus.status in LIVE


class Shelf:
    """All orders by their ids."""

    def __init__(self) -> None:
        self._all: dict[str, Tracked] = {}
        self.children: dict[str, Child] = {}
        """The attached stops, by decision."""

    def of(self, order_id: str) -> Tracked | None:
        return self._all.get(order_id)

    def put(self, tracked: Tracked) -> Tracked:
        self._all[tracked.order.order_id] = tracked
        return tracked

    def alive(self) -> Iterator[Tracked]:
        """Orders that are not done, oldest first."""
        return (each for each in self._all.values() if not each.is_done)

    def of_trade(self, trade: "Trade") -> Tracked | None:
        """The order that stands behind an order of the broker now: the last one, where it stood for several."""
        return next((each for each in reversed(self._all.values()) if each.trade is trade), None)

    def child_of(self, trade: "Trade") -> Child | None:
        return next((each for each in self.children.values() if each.trade is trade), None)
