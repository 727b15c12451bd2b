"""Closed trades out of bare fills, counted apart from the ledger: what a run's journal says is held against it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import NamedTuple

from execution.exact import EXACT, ZERO
from ops.story.trips import Trip


class FillRow(NamedTuple):
    """A fill of any engine. `quantity` in base units, above 0; `price` and `fee` in quote units."""

    at_ms: int
    symbol: str
    strategy: str
    """Of an entry: who voted for it. Not read of an exit."""
    is_purchase: bool
    purpose: str
    quantity: Decimal
    price: Decimal
    fee: Decimal


@dataclass(slots=True)
class _Open:
    """What is held of one market, and what its trip has cost so far."""

    strategy: str
    entry_ms: int
    held: Decimal = ZERO
    cash: Decimal = ZERO
    fees: Decimal = ZERO


def trips_of_fills(rows: Iterable[FillRow]) -> tuple[Trip, ...]:
    """Trips out of fills in order of time, in the order of their ends. Raises ValueError where more is sold than held."""
    trips: list[Trip] = []
    held: dict[str, _Open] = {}
    with localcontext(EXACT):
        for row in rows:
            trip = _book(held, row)
            if trip is not None:
                trips.append(trip)
    return tuple(trips)


def _book(held: dict[str, _Open], row: FillRow) -> Trip | None:
    """Book one fill; the trip that it ended, if it did."""
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
