"""A session: it runs the cycle on each closed bar, gives the venue's reports to the trader, and obeys the kill switch between
bars if it is on the clock, until the bars end or it is told to stop.

The number of bars need not be known. A session stops only between two cycles, so every cycle that has begun is finished and
journaled.
"""

import gc
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from agents.cycle import land, ruled, run_cycle
from agents.desk.desk import Desk
from agents.records.account import AccountLeft
from agents.records.inputs import Arrived, Beat, RaiseAsked, Ruled, StopAsked
from agents.records.record import CycleRecord, SessionEnd
from agents.records.steered import Steered
from agents.steering.obeying import end_all, obey_word, settle
from execution.account.pieces import Touch
from execution.kill_switch.halting import Sale
from execution.reports import VenueReport
from market.bar import Bar, Slice
from market.timeframe import Timeframe

Reason = Literal["completed", "interrupted"]
_COLLECTED_AFTER = 10_000
"""New objects after which the collector looks for cycles among them. A session makes few, and with Python's own 700 the collector
looks several times in ten bars."""


async def run_session(desk: Desk, stop: Callable[[], bool], seen: Callable[[CycleRecord], None]) -> SessionEnd:
    """Run a session to its end. `stop` is asked before each bar; `seen` is shown each record."""
    gc.freeze()  # imported objects are never freed: the collector need not visit them again
    gc.set_threshold(_COLLECTED_AFTER)
    try:
        return await end_session(desk, await trade(desk, stop, seen))
    finally:
        await desk.arrivals.close()
        if desk.watchlist is not None:
            desk.watchlist.cancel()
        if desk.reserved is not None:
            desk.reserved.cancel()


async def trade(desk: Desk, stop: Callable[[], bool], seen: Callable[[CycleRecord], None]) -> Reason:
    """Run the cycle on each bar, and take each input between two bars. Returns why the session ended.

    What comes from outside at a time of its own is journaled before anything follows from it.
    """
    while (arrived := await desk.arrivals.next()) is not None:
        match arrived:
            case VenueReport():
                await desk.trader.hear(arrived, desk.clock.now())
                await settle(desk, desk.clock.now())
            case Slice() if stop():
                return "interrupted"
            case Slice():
                seen(await run_cycle(desk, arrived))
            case Arrived():
                desk.sink.append(arrived)
                seen(await run_cycle(desk, arrived.tape))
            case Beat():
                desk.sink.append(arrived)
                desk.tally.sold(await obey(desk, arrived))
                await settle(desk, arrived.at_utc)
            case RaiseAsked():
                desk.sink.append(arrived)
                desk.trader.raise_ramp(arrived.at_utc, arrived.who)
            case Ruled():
                desk.sink.append(arrived)
                if (
                    arrived.prices and desk.fast is not None
                ):  # a share that was entered is bought before its ruling is followed
                    await desk.trader.trade_between(moment_of(arrived))
                await ruled(desk, arrived)
                if arrived.prices:
                    await desk.trader.trade_between(moment_of(arrived))
            case Steered():
                desk.sink.append(arrived)
                await obey_word(desk, arrived)
                if arrived.prices:
                    await desk.trader.trade_between(moment_of(arrived))
                    await settle(desk, arrived.at_utc)
            case StopAsked():
                desk.sink.append(arrived)
                return "interrupted"
    return "completed"


async def obey(desk: Desk, beat: Beat) -> tuple[Sale, ...]:
    """Obey the kill switch between two bars, trade what that sells at the prices that the exchange told, and take the next
    step of entries. Returns the sales."""
    sales = await desk.trader.heed(beat.at_utc)
    await desk.trader.pursue(beat.at_utc, {symbol: Touch(*prices) for symbol, prices in beat.touch.items()})
    if beat.prices:
        await desk.trader.trade_between(moment_of(beat))
        sales += await desk.trader.heed(beat.at_utc)
    return sales


def moment_of(beat: Beat | Ruled | Steered) -> Slice:
    """The prices of a beat, as the bars of a moment in which they do not move."""
    moment = Timeframe.M1
    close_utc = beat.at_utc + moment.duration
    bars = {
        symbol: Bar(
            symbol=symbol, timeframe=moment, close_utc=close_utc, open=price, high=price, low=price, close=price, volume=volume
        )
        for symbol, (price, volume) in beat.prices.items()
    }  # fmt: skip
    return Slice(close_utc=close_utc, bars=bars)


async def end_session(desk: Desk, reason: Reason) -> SessionEnd:
    """Withdraw entries that are under way, journal answers that no decision used, and write the last event."""
    at = desk.clock.now()
    await desk.trader.wind_up(at)
    await settle(desk, at)
    end_all(desk, at)
    if desk.watchlist is not None:
        await desk.watchlist.finish()
    for alert in desk.watch.heard(at, (), await land(desk)):
        desk.sink.append(alert)
    if desk.standing is not None:
        desk.sink.append(left_of(desk, at))
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


def left_of(desk: Desk, at: datetime) -> AccountLeft:
    """What the session leaves of its account at a real exchange."""
    assert desk.standing is not None
    trader = desk.trader
    return AccountLeft(
        at_utc=at,
        cash=trader.ledger.cash,
        breakers=trader.breakers,
        trades=desk.standing.trades + len(trader.ledger.trades),
        foreign=trader.foreign,
        cash_at={name: trader.ledger.cash_at(name) for name in trader.ledger.accounts},
        ramp=trader.ramp,
    )
