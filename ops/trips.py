"""Closed trades as the measures read them, out of a run's journal or out of any engine's fills.

A trip runs from flat to flat in one market. Fills that leave something open make no trip: it is valued in the equity, and
named by whoever shows it. It refuses a sale of more than is held.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import NamedTuple

from config.clock import to_ms
from config.errors import DataFault
from execution.exact import EXACT, ZERO
from ops.story import Story
from ops.tally import KeptHearing


class Trip(NamedTuple):
    """One closed trade; `pnl` after `fees`, in quote units, exact. Times are of its first and last fill, in ms, UTC."""

    symbol: str
    strategy: str
    """Who voted for it; several names are joined by "+"."""
    entry_ms: int
    exit_ms: int
    pnl: Decimal
    fees: Decimal
    exit_reason: str


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
    """Trips out of fills in order of time, in the order of their ends. Raises DataFault where more is sold than held."""
    trips: list[Trip] = []
    held: dict[str, _Open] = {}
    with localcontext(EXACT):
        for row in rows:
            trip = _book(held, row)
            if trip is not None:
                trips.append(trip)
    return tuple(trips)


def trips_of_story(story: Story) -> tuple[Trip, ...]:
    """The closed trades of a run, with who voted for each."""
    voters = {kept.decision_id: _voters(kept) for kept in story.hearings}
    return tuple(
        Trip(
            symbol=trip.trade.symbol,
            strategy=voters.get(trip.decision_id, "unknown"),
            entry_ms=to_ms(trip.trade.entry_utc),
            exit_ms=to_ms(trip.trade.exit_utc),
            pnl=trip.trade.pnl,
            fees=trip.trade.fees,
            exit_reason=trip.trade.exit_purpose.value,
        )
        for trip in story.trades
    )


def _book(held: dict[str, _Open], row: FillRow) -> Trip | None:
    """Book one fill; the trip that it ended, if it did."""
    notional = row.quantity * row.price
    position = held.setdefault(row.symbol, _Open(row.strategy, row.at_ms))
    position.held += row.quantity if row.is_purchase else -row.quantity
    position.cash += -notional if row.is_purchase else notional
    position.fees += row.fee
    if position.held < 0:
        raise DataFault(
            f"The fills sell {-position.held} {row.symbol} more than they bought before. Nothing was measured; this engine's "
            "fills cannot be trusted."
        )
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


def _voters(kept: KeptHearing) -> str:
    """Those who voted to buy, by name; read from the hearing's JSON without building the whole of it."""
    votes = json.loads(kept.body)["case"]["proposal"]["votes"]
    return "+".join(sorted({vote["voter"] for vote in votes if vote["direction"] == "long"})) or "unknown"
