"""The orders that failed at the venue: rejected, or in an unknown state. The gate's error rate counts them.

An order counts once, at the time of its first such report, whatever its later state. The count depends only on the venue's
reports, so a replay and a resumed run count the same.
"""

from collections.abc import Iterable
from datetime import datetime

from execution.reports import OrderState, OrderStatus

_WRONG = frozenset({OrderStatus.REJECTED, OrderStatus.UNKNOWN})


class OrderErrors:
    """The failed orders of one account, oldest first."""

    def __init__(self) -> None:
        self._first_heard: dict[str, datetime] = {}

    def note(self, states: Iterable[OrderState], at: datetime) -> None:
        """Take the order states that the venue reported at this time."""
        for state in states:
            if state.status in _WRONG:
                self._first_heard.setdefault(state.order_id, at)

    def since(self, begin: datetime) -> int:
        """How many orders failed after this time. Older ones are forgotten."""
        self._first_heard = {order_id: at for order_id, at in self._first_heard.items() if at > begin}
        return len(self._first_heard)
