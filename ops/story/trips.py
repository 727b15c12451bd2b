"""Closed trades in the form that the measures read, from a run's journal.

A trip runs from flat to flat in one market. An open position is not a trip: the equity contains its value, and tables
list it separately.
"""

from decimal import Decimal
from typing import NamedTuple

from config.clock import to_ms
from ops.story.cases import DecidedCase
from ops.story.story import Story

UNKNOWN = "unknown"
"""The strategy of a trade that no vote explains."""


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
    voters = strategies_of(story)
    return tuple(
        Trip(
            symbol=trip.trade.symbol,
            strategy=voters.get(trip.decision_id, UNKNOWN),
            entry_ms=to_ms(trip.trade.entry_utc),
            exit_ms=to_ms(trip.trade.exit_utc),
            pnl=trip.trade.pnl,
            fees=trip.trade.fees,
            exit_reason=trip.trade.exit_purpose.value,
        )
        for trip in story.trades
    )


def strategies_of(story: Story) -> dict[str, str]:
    """Return the strategies that proposed each case, joined by "+", by decision id."""
    return {case.decision_id: named(case) for case in story.cases.heard}


def named(case: DecidedCase) -> str:
    """Return the strategies that proposed a case, joined by "+"."""
    return "+".join(case.strategies) or UNKNOWN
