"""Closed trades in the form that the measures read, from a run's journal.

A trip runs from flat to flat in one market. An open position is not a trip: the equity contains its value, and tables
list it separately.
"""

import json
from decimal import Decimal
from typing import NamedTuple

from config.clock import to_ms
from ops.story.story import Story
from ops.story.tally import KeptHearing


class Trip(NamedTuple):
    """One closed trade; `pnl` after `fees` [quote], exact. Times of its first and last fill [ms since the epoch,
    UTC].
    """

    symbol: str
    strategy: str
    """The strategies that voted for it; several names are joined by "+"."""
    entry_ms: int
    exit_ms: int
    pnl: Decimal
    fees: Decimal
    exit_reason: str


def trips_of_story(story: Story) -> tuple[Trip, ...]:
    """Return the closed trades of a run, with the strategies that voted for each."""
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


def _voters(kept: KeptHearing) -> str:
    """Return the names of those who voted to buy; read from the hearing's JSON without building all of it."""
    votes = json.loads(kept.body)["case"]["proposal"]["votes"]
    return "+".join(sorted({vote["voter"] for vote in votes if vote["direction"] == "long"})) or "unknown"
