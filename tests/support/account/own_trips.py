"""Closed trades from bare fills, computed without the ledger, to check the journal of a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import NamedTuple

from execution.exact import EXACT, ZERO
from ops.story.trips import Trip


class FillRow(NamedTuple):
    """A fill of any engine. `quantity` [base], above 0; `price` and `fee` [quote]."""

    at_ms: int
    symbol: str
    strategy: str
    """For an entry: the strategies that voted for it. Not read for an exit."""
    is_purchase: bool
    purpose: str
    quantity: Decimal
    price: Decimal
    fee: Decimal


@dataclass(slots=True)
class _Open:
    """The open position in one market, and the cost of its trip so far."""

    strategy: str
    entry_ms: int
    held: Decimal = ZERO
    cash: Decimal = ZERO
    fees: Decimal = ZERO


def trips_of_fills(rows: Iterable[FillRow]) -> tuple[Trip, ...]:
    """Return the trips of fills in order of time, in the order of their ends. Raises ValueError if more is sold than
    held.
    """
    trips: list[Trip] = []
    held: dict[str, _Open] = {}
    with localcontext(EXACT):
        for row in rows:
            trip = _book(held, row)
            if trip is not None:
                trips.append(trip)
    return tuple(trips)


def _book(held: dict[str, _Open], row: FillRow) -> Trip | None:
    """Book one fill; returns the trip that it closed, or None."""
    notional = row.quantity * row.price
    position = held.setdefault(row.symbol, _Open(row.strategy, row.at_ms))
    position.held += row.quantity if row.is_purchase else -row.quantity
    position.cash += -notional if row.is_purchase else notional
    position.fees += row.fee
    if position.held < 0:
        raise ValueError(f"the fills sell {-position.held} {row.symbol} more than they bought before")
    if position.held:
        return None
    del held[row.symbol]
    return Trip(
        row.symbol,
        position.strategy,
        position.entry_ms,
        row.at_ms,
        position.cash - position.fees,
        position.fees,
        row.purpose,
    )
