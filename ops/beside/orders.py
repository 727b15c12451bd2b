"""Orders and trades of two runs on the same bars, paired: one went to some exchange, the other to the simulated one.

An order at market belongs to that of the other run with the same market, purpose and moment; a closed trade to that which the
same decision has opened. Orders that rest (stops, targets) are not paired: when they fill is the market's doing, and their trades
show it. What has no counterpart is counted, and enters no mean.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from config.clock import to_ms
from execution.reports import Fill, SentOrder
from ops.story.story import Story
from ops.story.tally import RoundTrip

_BPS = 10_000.0
_AT_MARKET = "market"

Key = tuple[str, str, datetime]


class Sent(NamedTuple):
    """An order at market and what came of it. `filled`: share of what was ordered [fraction]; None below where nothing was."""

    order: SentOrder
    filled: float
    slippage_bps: float | None
    """What its average price was worse by than the close on which it was decided [bps of that close]."""
    latency_s: float | None
    """From the moment of its decision to its last fill [s]."""


class Closed(NamedTuple):
    """A closed trade: when it was opened, and its net result [quote], also as a share of what was paid [bps]."""

    decision_id: str
    entry_utc: datetime
    pnl: float
    pnl_bps: float


def sent_at_market(story: Story) -> dict[Key, Sent]:
    """The orders at market of a run, by market, purpose and moment. Of two that are alike in these, the later one counts."""
    fills: dict[str, list[Fill]] = {}
    for fill in story.fills:
        fills.setdefault(fill.order_id, []).append(fill)
    return {
        (order.symbol, order.purpose.value, order.created_utc): _sent(story, order, fills.get(order.order_id, []))
        for order in story.orders
        if order.kind.value == _AT_MARKET
    }


def closed(trades: Iterable[RoundTrip]) -> dict[str, Closed]:
    """The closed trades of a run, by the decision that opened them."""
    return {trip.decision_id: _closed(trip) for trip in trades}


def _sent(story: Story, order: SentOrder, fills: list[Fill]) -> Sent:
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    share = float(quantity / order.quantity)
    if not fills:
        return Sent(order, share, None, None)
    price = float(sum((fill.quantity * fill.price for fill in fills), Decimal(0)) / quantity)
    last = max(fill.filled_utc for fill in fills)
    known = _close_before(story, order.symbol, order.created_utc)
    sign = 1.0 if order.side.value == "buy" else -1.0
    slippage = None if known is None else sign * (price / known - 1.0) * _BPS
    return Sent(order, share, slippage, (last - order.created_utc).total_seconds())


def _close_before(story: Story, symbol: str, at: datetime) -> float | None:
    """The last close of a market at a moment [quote]; None where there is none."""
    columns = story.columns
    until = int(np.searchsorted(columns.close_ms, to_ms(at), side="right"))
    known = columns.symbols[symbol].close[:until]
    known = known[np.isfinite(known)]
    return float(known[-1]) if len(known) else None


def _closed(trip: RoundTrip) -> Closed:
    trade = trip.trade
    pnl = float(trade.pnl)
    return Closed(trip.decision_id, trade.entry_utc, pnl, pnl / float(trade.entry_price * trade.quantity) * _BPS)
