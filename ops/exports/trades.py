"""`trades.csv`: one line for each closed trade, from flat to flat in one market, in the order in which they were closed.

On perpetuals a short is sold first and bought back: its entry is the sale, and its line has all columns alike.

A position that was enlarged or trimmed meanwhile is one trade: all that was bought of it, and all that was sold, on average.

An open position is no trade: `summary.json` lists it, and `equity.csv` holds its value.
"""

from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from ops.exports.columns import Column
from ops.story.perpetual.sides import side_of
from ops.story.story import Story
from ops.story.tally import RoundTrip
from ops.story.trips import UNKNOWN, strategies_of

_SECOND = timedelta(seconds=1)


class TradeLine(NamedTuple):
    """What a line is made of. `why`: the reason of a decided exit; empty for a stop or a target. `leverage`: 1 on spot."""

    number: int
    trip: RoundTrip
    strategy: str
    why: str
    leverage: Decimal = Decimal(1)

    @property
    def margin(self) -> Decimal:
        """What its entries reserved, on perpetuals [quote]."""
        return self.trip.trade.entry_price * self.trip.trade.quantity / self.leverage


def trade_lines(story: Story) -> tuple[TradeLine, ...]:
    """The closed trades of a run."""
    voted = strategies_of(story)
    why = {gone.decision_id: gone.why for gone in story.exits}
    perpetuals = story.session.settings.market.perpetuals
    leverage = Decimal(1) if perpetuals is None else perpetuals.leverage
    return tuple(
        TradeLine(number, trip, voted.get(trip.decision_id, UNKNOWN), why.get(trip.closed_by, ""), leverage)
        for number, trip in enumerate(story.trades, 1)
    )


def _return(line: TradeLine) -> float:
    trade = line.trip.trade
    return float(trade.pnl / (trade.entry_price * trade.quantity))


COLUMNS: tuple[Column[TradeLine], ...] = (
    Column("trade", "", "number of the trade, from 1", lambda line: line.number),
    Column("symbol", "", "market", lambda line: line.trip.trade.symbol),
    Column("strategy", "", "voters that proposed it, joined by +", lambda line: line.strategy),
    Column("entry_utc", "UTC", "first fill", lambda line: line.trip.trade.entry_utc),
    Column("exit_utc", "UTC", "last fill", lambda line: line.trip.trade.exit_utc),
    Column(
        "held_s",
        "seconds",
        "from the first fill to the last",
        lambda line: (line.trip.trade.exit_utc - line.trip.trade.entry_utc) // _SECOND,
    ),
    Column("quantity", "base", "bought in all; exact", lambda line: line.trip.trade.quantity),
    Column(
        "entry_price",
        "quote",
        "average of what was bought; an average is rounded to 28 digits",
        lambda line: line.trip.trade.entry_price,
    ),
    Column("exit_price", "quote", "average of what was sold", lambda line: line.trip.trade.exit_price),
    Column("fees", "quote", "all fees of the trade; exact", lambda line: line.trip.trade.fees),
    Column("pnl", "quote", "profit after fees and before funding; exact", lambda line: line.trip.trade.pnl),
    Column("return_fraction", "fraction", "profit as a share of what was paid for the purchase", _return),
    Column(
        "exit_reason",
        "",
        "purpose of the fill that ended it: stop_loss, take_profit, trailing_stop, strategy_exit, outage_exit, trim, "
        "horizon_exit or, on perpetuals, liquidation or deleveraging",
        lambda line: line.trip.trade.exit_purpose.value,
    ),
    Column(
        "exit_why", "", "the reason of the voters or of a human, if they closed it; else empty", lambda line: line.why
    ),
    Column("decision_id", "", "decision that opened it: a line of decisions.jsonl", lambda line: line.trip.decision_id),
    Column("closed_by", "", "decision whose order ended it", lambda line: line.trip.closed_by),
)

PERPETUAL: tuple[Column[TradeLine], ...] = (
    Column("side", "", "long or short", lambda line: side_of(line.trip.trade)),
    Column("leverage", "", "notional over margin", lambda line: line.leverage),
    Column("margin", "quote", "what its entries reserved, in all", lambda line: line.margin),
    Column(
        "return_on_margin",
        "fraction",
        "profit as a share of that margin",
        lambda line: float(line.trip.trade.pnl / line.margin),
    ),
)
"""Columns that follow in a run on perpetuals."""
