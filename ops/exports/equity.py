"""`equity.csv`: the account at each bar close, after its fills and before the orders of that close."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from config.clock import from_ms
from ops.exports.columns import Column
from ops.story.story import Story


class EquityLine(NamedTuple):
    """One bar close. Equity and cash are the exact text of the ledger [quote]; the rest are fractions of equity.

    `net` and `to_liquidation`: NaN on spot.
    """

    close_ms: int
    equity: str
    cash: str
    deployed: float
    drawdown: float
    var_1d: float
    es_1d: float
    positions: int
    net: float
    to_liquidation: float


def equity_lines(story: Story) -> Iterator[EquityLine]:
    """The bars of a run, oldest first."""
    columns = story.columns
    numbers = zip(
        columns.close_ms.tolist(),
        story.exact,
        columns.deployed_fraction.tolist(),
        columns.drawdown.tolist(),
        columns.var_1d.tolist(),
        columns.es_1d.tolist(),
        columns.open_positions.tolist(),
        columns.net_fraction.tolist(),
        columns.to_liquidation.tolist(),
        strict=True,
    )
    for close_ms, exact, deployed, drawdown, var_1d, es_1d, positions, net, near in numbers:
        equity, _, cash = exact.partition(",")
        yield EquityLine(close_ms, equity, cash, deployed, drawdown, var_1d, es_1d, int(positions), net, near)


COLUMNS: tuple[Column[EquityLine], ...] = (
    Column("close_utc", "UTC", "close of the bar", lambda line: from_ms(line.close_ms)),
    Column("equity", "quote", "cash and positions at the close; exact", lambda line: line.equity),
    Column("cash", "quote", "after fees and funding, on perpetuals with all margins; exact", lambda line: line.cash),
    Column(
        "deployed_fraction", "of equity", "value of all positions, long and short added", lambda line: line.deployed
    ),
    Column(
        "drawdown_fraction", "of the peak", "fall of the equity from its peak, 0 or more", lambda line: line.drawdown
    ),
    Column("var_1d", "of equity", "loss of one bad day (value at risk) of the positions", lambda line: line.var_1d),
    Column(
        "es_1d",
        "of equity",
        "average loss of the worst days (expected shortfall) of the positions",
        lambda line: line.es_1d,
    ),
    Column("positions", "positions", "number of open positions", lambda line: line.positions),
)

PERPETUAL: tuple[Column[EquityLine], ...] = (
    Column("net_fraction", "of equity", "value of long positions less that of short ones", lambda line: line.net),
    Column(
        "liquidation_distance",
        "of the mark price",
        "how far the nearest liquidation is; empty without one",
        lambda line: None if math.isnan(line.to_liquidation) else line.to_liquidation,
    ),
)
"""Columns that follow in a run on perpetuals."""
