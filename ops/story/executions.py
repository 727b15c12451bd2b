"""Fills grouped by order, as a trader counts them: one entry, one stop, one target, whatever the number of fills."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from agents.court.reserved.dockets import FAST
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
    side: str
    """Buy or sell."""

    @property
    def is_last(self) -> bool:
        """Return whether it closed its trade."""
        return self.trip is not None and self.purpose != "entry" and self.at_utc == self.trip.trade.exit_utc


def executions(story: Story) -> tuple[Execution, ...]:
    """Return all executions, in the order of their first fill."""
    by_order: dict[str, list[Fill]] = {}
    for fill in story.fills:
        by_order.setdefault(fill.order_id, []).append(fill)
    trips, opened_by = {trip.decision_id: trip for trip in story.trades}, _openers(story.fills)
    return tuple(together(fills, trips.get(opened_by[_key(fills[0])])) for fills in by_order.values())


def by_decision(done: Iterable[Execution]) -> dict[str, tuple[Execution, ...]]:
    """Return executions by the decision that opened their trade, or by their own decision while it is open.

    An entry that has enlarged a position stands at its own decision too. What was entered at once stands at
    the decision of which it is a share.
    """
    found: dict[str, tuple[Execution, ...]] = {}
    for item in done:
        opened_by = item.trip.decision_id if item.trip else item.decision_id
        own = {item.decision_id} if item.purpose == "entry" else set()
        for decision_id in (opened_by, *sorted(own - {opened_by})):
            found[decision_id] = (*found.get(decision_id, ()), item)
    return found


def _openers(fills: Iterable[Fill]) -> dict[tuple[str, str, str], str]:
    """The decision that opened the position of each fill, by `_key`: the first entry after nothing was held."""
    held: dict[str, Decimal] = {}
    opened: dict[str, str] = {}
    found = {}
    for fill in fills:
        found[_key(fill)] = opened.setdefault(fill.symbol, fill.decision_id.removesuffix(FAST))
        held[fill.symbol] = held.get(fill.symbol, Decimal(0)) + (
            fill.quantity if fill.side == "buy" else -fill.quantity
        )
        if not held[fill.symbol]:
            del opened[fill.symbol]
    return found


def together(fills: Sequence[Fill], trip: RoundTrip | None) -> Execution:
    """The fills of one order as one execution; `trip`: the closed trade that it belongs to, if one is closed."""
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    notional = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
    first, last = fills[0], fills[-1]
    return Execution(
        order_id=first.order_id,
        decision_id=first.decision_id.removesuffix(FAST),
        symbol=first.symbol,
        purpose=first.purpose.value,
        quantity=quantity,
        price=notional / quantity,
        fee=sum((fill.fee for fill in fills), Decimal(0)),
        at_utc=last.filled_utc,
        trip=trip,
        side=first.side.value,
    )


def _key(fill: Fill) -> tuple[str, str, str]:
    """What tells a trade from every other: two exchanges may give the same trade id."""
    return fill.account, fill.symbol, fill.trade_id
