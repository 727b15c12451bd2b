"""A session: closed bars through the cycle, and words of the venue to the trader, until no bar comes or somebody asks to stop.

How many bars will come need not be known. A session stops only between two cycles, so that whatever was begun is finished and
journaled.
"""

import gc
from collections.abc import Callable
from typing import Literal

from agents.cycle import land, run_cycle
from agents.desk.desk import Desk
from agents.records.record import CycleRecord, SessionEnd
from market.bar import Slice

Reason = Literal["completed", "interrupted"]


async def run_session(desk: Desk, stop: Callable[[], bool], seen: Callable[[CycleRecord], None]) -> SessionEnd:
    """Run a session to its end. `stop` is asked before each bar; `seen` is shown each record."""
    gc.freeze()  # what was imported stays for good: the collector need not look at it again at every turn
    try:
        return await end_session(desk, await trade(desk, stop, seen))
    finally:
        await desk.arrivals.close()
        if desk.watchlist is not None:
            desk.watchlist.cancel()


async def trade(desk: Desk, stop: Callable[[], bool], seen: Callable[[CycleRecord], None]) -> Reason:
    """Take each bar through the cycle, and book each word that the venue speaks between two bars; says why that ended."""
    while (arrived := await desk.arrivals.next()) is not None:
        if not isinstance(arrived, Slice):
            await desk.trader.hear(arrived, desk.clock.now())
            continue
        if stop():
            return "interrupted"
        seen(await run_cycle(desk, arrived))
    return "completed"


async def end_session(desk: Desk, reason: Reason) -> SessionEnd:
    """Withdraw entries that are still under way, journal what was asked ahead for nothing, and write the last event."""
    at = desk.clock.now()
    await desk.trader.wind_up(at)
    if desk.watchlist is not None:
        await desk.watchlist.finish()
    for alert in desk.watch.heard(at, (), await land(desk)):
        desk.sink.append(alert)
    ledger = desk.trader.ledger
    end = SessionEnd(
        reason=reason,
        bars=desk.tally.bars,
        data_hash=desk.tally.data_hash,
        starting_cash=desk.settings.venue.starting_cash,
        realised=ledger.realised,
        unrealised=ledger.unrealised,
        fees=ledger.fees,
        funding=ledger.funding,
        portfolio=desk.trader.portfolio(at),
        breakers=desk.trader.breakers,
    )
    desk.sink.append(end)
    return end
