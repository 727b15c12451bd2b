"""Carries out the profile's schedule for an outage: exits at market, which the gate signs like any other exit.

It acts at bar closes, before the court is heard, because an exit never waits for a model. It sells only in markets with a
believed bar. In other markets the stops stay, and the sale follows at the next believed bar. It never buys.
"""

from agents.outages.watch import OutageWatch, derisked
from execution.account.trader import Trader
from execution.journal.event import Sink
from market.bar import Slice
from risk.portfolio import Portfolio


async def derisk(watch: OutageWatch, trader: Trader, sink: Sink, shown: Slice, portfolio: Portfolio) -> None:
    """Reduce each position to what the schedule allows at this bar close, and journal an alert about it."""
    at = shown.close_utc
    step = watch.step_due(at, portfolio)
    sold = []
    for symbol, keep in watch.owed.items():
        if symbol in shown.bars:
            watch.paid(symbol)
            if await trader.reduce(symbol, keep, at) is not None:
                sold.append(symbol)
    if step is not None:
        sink.append(derisked(at, step, sold, tuple(watch.owed)))
