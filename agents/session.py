"""A session: bar after bar through the cycle, until the tape ends or somebody asks it to stop.

It stops only between two cycles, so that whatever was begun is finished and journaled.
"""

import gc
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

from agents.cycle import land, run_cycle
from agents.desk.desk import Desk
from agents.records.record import CycleRecord, SessionEnd

Reason = Literal["completed", "interrupted"]


async def run_session(
    desk: Desk, moments: Iterable[datetime], stop: Callable[[], bool], seen: Callable[[CycleRecord], None]
) -> SessionEnd:
    """Run the cycle at each moment. `stop` is asked before each; `seen` is shown each record."""
    reason: Reason = "completed"
    gc.freeze()  # what was imported stays for good: the collector need not look at it again at every turn
    try:
        for as_of in moments:
            if stop():
                reason = "interrupted"
                break
            seen(await run_cycle(desk, as_of))
        return await end_session(desk, reason)
    finally:
        if desk.watchlist is not None:
            desk.watchlist.cancel()


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
