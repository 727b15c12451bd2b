"""Orders that are not done: what was sent, and what the venue has said of it since."""

from decimal import Decimal

from execution.reports import OrderState, OrderStatus, SentOrder, VenueReport
from ops.live.state.values import OrderNow

_DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
_STOPS = frozenset({"stop_loss", "trailing_stop"})


class OpenOrders:
    """The orders of a session that may still trade, and those of which nobody knows whether they may."""

    def __init__(self) -> None:
        self._sent: dict[str, SentOrder] = {}
        self._states: dict[str, OrderState] = {}

    def send(self, order: SentOrder) -> None:
        """Take an order that is about to be sent."""
        self._sent[order.order_id] = order

    def hear(self, report: VenueReport) -> None:
        """Take what the venue says: an order that is done is forgotten."""
        for state in report.states:
            if state.status in _DONE:
                self._sent.pop(state.order_id, None)
                self._states.pop(state.order_id, None)
            elif state.order_id in self._sent:
                self._states[state.order_id] = state

    def all(self) -> tuple[OrderNow, ...]:
        """Those that are not done, the oldest first."""
        return tuple(self._shown(order) for order in self._sent.values())

    def stop_of(self, symbol: str) -> Decimal | None:
        """The price of the newest stop in a symbol [quote]; None where there is none at the venue."""
        prices = [
            order.stop_price for order in self._sent.values() if order.symbol == symbol and order.purpose in _STOPS
        ]
        return prices[-1] if prices else None

    def target_of(self, symbol: str, *, is_short: bool) -> Decimal | None:
        """The price of the nearest target in a symbol [quote]; None where there is none at the venue."""
        targets = [
            order.limit_price
            for order in self._sent.values()
            if order.symbol == symbol and order.purpose == "take_profit" and order.limit_price is not None
        ]
        return (max if is_short else min)(targets, default=None)

    def _shown(self, order: SentOrder) -> OrderNow:
        state = self._states.get(order.order_id)
        return OrderNow(
            order_id=order.order_id,
            decision_id=order.decision_id,
            symbol=order.symbol,
            side=order.side.value,
            kind=order.kind.value,
            purpose=order.purpose.value,
            quantity=order.quantity,
            filled=Decimal(0) if state is None else state.filled_quantity,
            price=order.stop_price or order.limit_price,
            status=OrderStatus.INTENT.value if state is None else state.status.value,
            since_utc=order.created_utc,
            account=order.account,
        )
