"""A session: it runs the cycle on each closed bar, and gives the venue's reports to the trader, until the bars end or it is told
to stop.

The number of bars need not be known. A session stops only between two cycles, so every cycle that has begun is finished and
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
    gc.freeze()  # imported objects are never freed: the collector need not visit them again
    try:
        return await end_session(desk, await trade(desk, stop, seen))
    finally:
        await desk.arrivals.close()
        if desk.watchlist is not None:
            desk.watchlist.cancel()


async def trade(desk: Desk, stop: Callable[[], bool], seen: Callable[[CycleRecord], None]) -> Reason:
    """Run the cycle on each bar, and book each report that the venue sends between two bars. Returns why the session ended."""
    while (arrived := await desk.arrivals.next()) is not None:
        if not isinstance(arrived, Slice):
            await desk.trader.hear(arrived, desk.clock.now())
            continue
        if stop():
            return "interrupted"
        seen(await run_cycle(desk, arrived))
    return "completed"


async def end_session(desk: Desk, reason: Reason) -> SessionEnd:
    """Withdraw entries that are under way, journal answers that no decision used, and write the last event."""
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
        fees_in=ledger.fees_in,
        dust=ledger.dust,
        portfolio=desk.trader.portfolio(at),
        breakers=desk.trader.breakers,
        learnt=None if desk.learner is None else desk.learner.learnt,
    )
    desk.sink.append(end)
    return end
