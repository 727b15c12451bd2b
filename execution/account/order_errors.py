"""Which orders went wrong at the venue: rejected, or of unknown fate. What the gate's error rate is counted from.

An order counts once, at the moment when that was first heard of it, whatever comes of it later. It is a function of what the
venue said, so that a replay and a run that is gone on with count the same.
"""

from collections.abc import Iterable
from datetime import datetime

from execution.reports import OrderState, OrderStatus

_WRONG = frozenset({OrderStatus.REJECTED, OrderStatus.UNKNOWN})


class OrderErrors:
    """The orders of one account that went wrong, oldest first."""

    def __init__(self) -> None:
        self._first_heard: dict[str, datetime] = {}

    def note(self, states: Iterable[OrderState], at: datetime) -> None:
        """Take what the venue said of orders at this moment."""
        for state in states:
            if state.status in _WRONG:
                self._first_heard.setdefault(state.order_id, at)

    def since(self, begin: datetime) -> int:
        """How many went wrong after this moment; older ones are forgotten."""
        self._first_heard = {order_id: at for order_id, at in self._first_heard.items() if at > begin}
        return len(self._first_heard)
