"""Carries out the schedule that the profile has for an outage: exits at market, signed by the gate like any other.

It acts at bar closes, and before the court is heard: an exit waits for no model, not even for one that may be back. It sells
only in a market that has a bar to be believed; elsewhere stops stand, and what is due follows with the next such bar. It
buys nothing, ever.
"""

from agents.outages.watch import OutageWatch, derisked
from execution.account.trader import Trader
from execution.journal.event import Sink
from market.bar import Slice
from risk.portfolio import Portfolio


async def derisk(watch: OutageWatch, trader: Trader, sink: Sink, shown: Slice, portfolio: Portfolio) -> None:
    """Sell what the schedule does not leave of each position at this bar close, and say so."""
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
