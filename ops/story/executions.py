"""Fills grouped by order, as a trader counts them: one entry, one stop, one target, whatever the number of fills."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from execution.reports import Fill
from ops.story.story import Story
from ops.story.tally import RoundTrip


class Execution(NamedTuple):
    """The fills of one order. Quantity [base], average price and fee [quote]; the time is that of the last fill."""

    order_id: str
    decision_id: str
    symbol: str
    purpose: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at_utc: datetime
    trip: RoundTrip | None
    """The closed trade that it belongs to."""

    @property
    def is_last(self) -> bool:
        """Return whether it closed its trade."""
        return self.trip is not None and self.purpose != "entry" and self.at_utc == self.trip.trade.exit_utc


def executions(story: Story) -> tuple[Execution, ...]:
    """Return all executions, in the order of their first fill."""
    by_order: dict[str, list[Fill]] = {}
    for fill in story.fills:
        by_order.setdefault(fill.order_id, []).append(fill)
    trips = {trip.decision_id: trip for trip in story.trades} | {trip.closed_by: trip for trip in story.trades}
    return tuple(_together(fills, trips.get(fills[0].decision_id)) for fills in by_order.values())


def by_decision(done: Iterable[Execution]) -> dict[str, tuple[Execution, ...]]:
    """Return executions by the decision that opened their trade, or by their own decision while it is open."""
    found: dict[str, tuple[Execution, ...]] = {}
    for item in done:
        opened_by = item.trip.decision_id if item.trip else item.decision_id
        found[opened_by] = (*found.get(opened_by, ()), item)
    return found


def _together(fills: list[Fill], trip: RoundTrip | None) -> Execution:
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    notional = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
    first, last = fills[0], fills[-1]
    return Execution(
        order_id=first.order_id,
        decision_id=first.decision_id,
        symbol=first.symbol,
        purpose=first.purpose.value,
        quantity=quantity,
        price=notional / quantity,
        fee=sum((fill.fee for fill in fills), Decimal(0)),
        at_utc=last.filled_utc,
        trip=trip,
    )
