"""The closed trades of a run by one feature: market, strategy, exit reason, month or hour."""

from collections.abc import Callable
from enum import StrEnum

from config.clock import from_ms
from ops.story.measures import TradeGroup, month_of, trade_groups
from ops.story.trips import Trip


class By(StrEnum):
    """What trades are grouped by."""

    SYMBOL = "symbol"
    STRATEGY = "strategy"
    EXIT = "exit"
    MONTH = "month"
    """The month of the exit, UTC."""
    HOUR = "hour"
    """The hour of the purchase, UTC."""


TITLES = {
    By.SYMBOL: "By market",
    By.STRATEGY: "By strategy",
    By.EXIT: "By exit reason",
    By.MONTH: "By month of exit, UTC",
    By.HOUR: "By hour of entry, UTC",
}
"""The title of each table."""

_NAME_OF: dict[By, Callable[[Trip], str]] = {
    By.SYMBOL: lambda trip: trip.symbol,
    By.STRATEGY: lambda trip: trip.strategy,
    By.EXIT: lambda trip: trip.exit_reason,
    By.MONTH: lambda trip: month_of(trip.exit_ms),
    By.HOUR: lambda trip: f"{from_ms(trip.entry_ms):%H}:00",
}


def grouped(trips: tuple[Trip, ...], by: By) -> tuple[TradeGroup, ...]:
    """Return the trades by one feature, in the order of its values."""
    return trade_groups(trips, _NAME_OF[by])
