"""Orders found again: after the line was broken, and when a session comes back to its journal.

They are known by their marks at the broker. One that is still open goes on; of one that is not, what it has traded is told, and
the rest of it has ended.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from execution.reports import Fill, OrderStatus
from execution.venues.ib.line import Line, exact
from execution.venues.ib.tracked import ENDED, Child, Shelf, Tracked
from execution.venues.ib.wires import STOP_MARK
from risk.order import Order

if TYPE_CHECKING:
    import ib_async


class Recovery:
    """Finds the orders of one venue. `book` reports a fill, `say` a state, and `fill_of` reads an execution."""

    def __init__(
        self, line: Line, shelf: Shelf, prefix: str, book: Callable[[Tracked, Fill], None], say: Callable[[Tracked], None],
        fill_of: "Callable[[ib_async.Fill, Order | None], Fill]",
    ) -> None:  # fmt: skip
        self.line, self._shelf, self._prefix = line, shelf, prefix
        self._book, self._say, self._fill_of = book, say, fill_of
        self.booked: set[str] = set()
        """Ids of the executions that were reported."""

    def come_back(self) -> None:
        """The line is there again: orders that were open are found, and what they have traded meanwhile is told."""
        for tracked in list(self._shelf.alive()):
            found = self._found(tracked.order)
            if found is not None:
                tracked.trade = found
                child = self._shelf.children.get(tracked.order.decision_id)
                if child is not None and child.bound is tracked:
                    child.trade = found
            elif tracked.status is OrderStatus.UNKNOWN or tracked.trade is not None:
                self._look_back(tracked)
            if tracked.follow():
                self._say(tracked)
        for child in self._shelf.children.values():
            if child.bound is None and (again := self._of_ref(child.trade.order.orderRef)) is not None:
                child.trade = again
        for told in self.line.ib.fills():
            self._hear_again(told)

    def _look_back(self, tracked: Tracked) -> None:
        """An order that is not open any more: what it has traded is told, and the rest of it has ended."""
        for told in self._executions(tracked):
            self._book(tracked, self._fill_of(told, tracked.order))
        if not tracked.is_done:
            tracked.status, tracked.note = (
                OrderStatus.CANCELLED,
                "it was no longer at the broker when the line was there again",
            )
            self._say(tracked)

    def _hear_again(self, told: "ib_async.Fill") -> None:
        for tracked in list(self._shelf.alive()):
            if told in self._executions(tracked):
                self._book(tracked, self._fill_of(told, tracked.order))

    def recovered(self, order: Order) -> Tracked | None:
        """An order of the journal as the broker has it: open, or traded; None if it has neither."""
        found = self._found(order)
        tracked = Tracked(order, order.quantity, found)
        executions = self._executions(tracked)
        if found is None and not executions:
            return None
        tracked.status = OrderStatus.ACCEPTED
        if found is not None:
            tracked.quantity = min(order.quantity, exact(found.order.totalQuantity))
        self._shelf.put(tracked)
        if found is not None and order.trail_quote is not None:
            self._attach(order, tracked, found)
        for told in executions:
            fill = self._fill_of(told, order)
            if fill.trade_id in self.booked:
                tracked.executions.add(fill.trade_id)
                tracked.filled += fill.quantity
            else:
                self._book(tracked, fill)
        if found is None and not tracked.is_done:
            tracked.status = OrderStatus.FILLED if tracked.filled >= tracked.quantity else OrderStatus.CANCELLED
            self._say(tracked)
        return tracked

    def _attach(self, order: Order, tracked: Tracked, found: "ib_async.Trade") -> None:
        assert order.trail_quote is not None
        if order.reduce_only:
            self._shelf.children[order.decision_id] = Child(found, order.trail_quote, tracked)
        elif order.decision_id not in self._shelf.children:
            child = self._of_ref(f"{self._prefix}{order.order_id}{STOP_MARK}")
            if child is not None:
                self._shelf.children[order.decision_id] = Child(child, order.trail_quote)

    def _refs(self, order: Order) -> tuple[str, ...]:
        """What the broker knows an order by: its own mark, or that of the stop that was attached to the entry."""
        own = f"{self._prefix}{order.order_id}"
        if order.reduce_only and order.trail_quote is not None:
            return own, f"{self._prefix}{order.decision_id}-e{STOP_MARK}"
        return (own,)

    def _found(self, order: Order) -> "ib_async.Trade | None":
        return next((trade for ref in self._refs(order) if (trade := self._of_ref(ref)) is not None), None)

    def _of_ref(self, ref: str) -> "ib_async.Trade | None":
        """The open order of the broker with this mark."""
        open_ones = (each for each in self.line.ib.openTrades() if each.orderStatus.status not in ENDED)
        return next((each for each in open_ones if each.order.orderRef == ref), None)

    def _executions(self, tracked: Tracked) -> "list[ib_async.Fill]":
        refs = self._refs(tracked.order)
        return [each for each in self.line.ib.fills() if each.execution.orderRef in refs]
