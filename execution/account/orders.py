"""What is known of every order that is not done, from what the venue said and from nothing else.

An order is live from its intent on. `ACCEPTED` and `PARTIAL` are the venue's words; only they count as protection.
"""

from dataclasses import dataclass
from decimal import Decimal

from execution.reports import OrderState, OrderStatus
from risk.order import Order, OrderKind

DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
_RESTING = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIAL})


@dataclass(slots=True)
class LiveOrder:
    """An order, its last known status, and what of it is filled (base units)."""

    order: Order
    status: OrderStatus = OrderStatus.INTENT
    filled: Decimal = Decimal(0)


class Orders:
    """The orders that are not done, by id, oldest first."""

    def __init__(self) -> None:
        self._live: dict[str, LiveOrder] = {}

    def sent(self, order: Order) -> None:
        """An intent: from here on its fate is to be found out."""
        self._live[order.order_id] = LiveOrder(order)

    def settle(self, state: OrderState) -> None:
        """What the venue says of an order. One that is done is forgotten."""
        live = self._live.get(state.order_id)
        if live is None:
            return
        if state.status in DONE:
            del self._live[state.order_id]
            return
        live.status, live.filled = state.status, state.filled_quantity

    def is_live(self, order_id: str) -> bool:
        """Whether an order may still be filled."""
        return order_id in self._live

    @property
    def quiet(self) -> bool:
        """Whether no order may still be filled."""
        return not self._live

    @property
    def symbols(self) -> set[str]:
        """Markets in which an order may still be filled."""
        return {live.order.symbol for live in self._live.values()}

    def exits(self, symbol: str) -> tuple[str, ...]:
        """Ids of the live orders that would reduce a position."""
        return tuple(key for key, live in self._live.items() if live.order.symbol == symbol and live.order.reduce_only)

    def left(self, order_id: str | None) -> Decimal:
        """What a live order may still fill, base units; 0 for one that is done."""
        live = self._live.get(order_id) if order_id is not None else None
        return live.order.quantity - live.filled if live is not None else Decimal(0)

    def covered(self, symbol: str) -> Decimal:
        """Quantity for which a stop rests at the venue, base units."""
        return sum((live.order.quantity - live.filled for live in self._stops(symbol)), Decimal(0))

    def stop_price(self, symbol: str) -> Decimal | None:
        """The nearest stop that rests at the venue, quote units; None when there is none."""
        return max((live.order.stop_price for live in self._stops(symbol) if live.order.stop_price), default=None)

    def _stops(self, symbol: str) -> list[LiveOrder]:
        return [
            live
            for live in self._live.values()
            if live.order.symbol == symbol and live.order.kind is OrderKind.STOP and live.status in _RESTING
        ]
