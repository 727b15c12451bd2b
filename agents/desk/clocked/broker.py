"""Opens a session at Interactive Brokers: its account and past before the journal begins, its venue and feed behind it."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

import numpy as np

from agents.desk.clocked.opened import Opened
from agents.desk.clocked.sessions import Days, Schedule, SessionFeed
from agents.recorded.resumed import ResumingSink
from agents.records.record import AccountAt, Session
from config.clock import PacedClock, to_ms
from config.errors import DataFault, UsageFault
from config.secrets import load_secrets, state_dir
from config.settings import Settings
from execution.venues.continued import ContinuedVenue
from execution.venues.exchange.lease import account_lock
from execution.venues.ib.venue import IbVenue
from execution.venues.recorded import RecordedVenue
from market.bar import Slice
from market.candles import RawCandles
from market.catalogue import instrument_of
from market.instrument import Instrument
from market.sessions.calendar import TradingCalendar, bar_close, calendar_of
from market.tape import Tape
from market.timeframe import Timeframe

PAST = "5 Y"
"""The daily bars that are read before a session."""


class Greeted(NamedTuple):
    """What the broker said before a session: the past, the account and its markets, and the money that it may use."""

    tape: Tape
    opened: Opened
    capital: Decimal


class Brokered(NamedTuple):
    """The venue of a session, the broker behind it, and the feed that it trades."""

    venue: ContinuedVenue
    broker: IbVenue
    feed: SessionFeed


async def greet_broker(
    settings: Settings,
    symbols: tuple[str, ...],
    key: bytes,
    clock: PacedClock,
    kept: Session | None,
    until: Slice | None,
) -> Greeted:
    """Verify the account, read the rules, the money and five years of days; `kept`: the session of a run that is resumed, and
    `until` its last bar.

    Raises UsageFault and DataFault: nothing was sent then.
    """
    run = _run_name(key, clock) if kept is None or kept.account is None else kept.account.run
    calendar = calendar_of(_calendar_name(settings))
    async with _broker(settings, symbols, key, run, clock) as broker:
        if others := broker.foreign():
            raise UsageFault(
                f"{len(others)} open orders on this account are those of another session ({others[0]}). Nothing was started. Go "
                "on with that run (`tribunal run --resume RUN`), or cancel its orders at the broker."
            )
        days = {symbol: await broker.line.days(symbol, PAST) for symbol in symbols}
        last = _last_day(calendar, clock.now(), Schedule.of(_schedule(settings)), until)
        tape = past_tape(settings, days, broker.instruments(), calendar, last)
        capital = broker.line.money("AvailableFunds")
        if capital is None or capital <= 0:
            currency = broker.line.currency
            raise UsageFault(
                f"The account has no AvailableFunds in {currency}. Nothing was started: markets are traded in the currency of "
                "the account."
            )
        account = AccountAt(exchange=settings.venue.exchange, network="testnet", run=run)
        whole = capital.quantize(Decimal("0.01"), ROUND_DOWN)
        return Greeted(tape, Opened(account, broker.instruments()), whole)


@asynccontextmanager
async def broker_feed(
    settings: Settings, session: Session, tape: Tape, told: tuple[Slice, ...], key: bytes, clock: PacedClock,
    resuming: ResumingSink | None, left: int | None, tell: object,
) -> AsyncIterator[Brokered]:  # fmt: skip
    """The broker of a session, after the past of its journal if it is resumed; it ends with the block. `told`: the last bars of
    that past."""
    assert session.account is not None  # `greet_broker` has named it
    assert settings.venue.ib is not None
    calendar, schedule = calendar_of(_calendar_name(settings)), Schedule.of(_schedule(settings))
    with account_lock(state_dir(load_secrets()) / "accounts", _mark(settings)):
        async with _broker(settings, session.symbols, key, session.account.run, clock) as broker:
            recorded = None
            if resuming is not None:
                recorded = RecordedVenue(resuming, dict(session.instruments), settings.venue)
            venue = ContinuedVenue(broker, dict(session.instruments), settings.venue.compare_s, resuming, recorded)
            at = told[-1].close_utc if told else session.start_utc
            day = at.astimezone(schedule.zone).date() if told else _day_before(tape)
            feed = SessionFeed(
                broker.line, tape.monitor(), session.symbols, calendar, schedule, day, at, clock, tell, left  # type: ignore[arg-type]
            )  # fmt: skip
            feed.remember(told)
            yield Brokered(venue, broker, feed)


def past_tape(
    settings: Settings, days: dict[str, Days], instruments: dict[str, Instrument], calendar: TradingCalendar, last: date
) -> Tape:
    """The tape of the days up to `last`, all of them before the first decision. Raises DataFault where they are too few."""
    timeframe, end = Timeframe.D1, bar_close(last)
    candles = {
        symbol: _columns(symbol, [row for row in rows if row[0] <= last and calendar.is_session(row[0])])
        for symbol, rows in days.items()
    }
    closes = np.unique(np.concatenate([bars.close_ms for bars in candles.values()]))
    least = settings.market.warmup_bars
    if len(closes) < least:
        raise DataFault(
            f"A decision needs {least} sessions before it (market.warmup_bars), and the broker tells {len(closes)}. Nothing was "
            "started; take shares that have been listed for longer."
        )
    first = min(rows[0][0] for rows in days.values() if rows)
    begin = bar_close(first) - timeframe.duration
    return Tape(
        symbols=tuple(days),
        timeframe=timeframe,
        instruments=instruments,
        source_label=f"Interactive Brokers, sessions of {calendar.name} as of {_schedule(settings)}",
        start_utc=end,
        end_utc=end,
        findings=(),
        news=(),
        warmup_start_utc=begin,
        quality=settings.quality,
        candles=candles,
        calendar=calendar,
    )


def _columns(symbol: str, rows: list[tuple[date, float, float, float, float, float]]) -> RawCandles:
    close_ms = np.array([to_ms(bar_close(row[0])) for row in rows], dtype=np.int64)
    first, high, low, last, volume = (np.array([row[n] for row in rows], dtype=np.float64) for n in range(1, 6))
    return RawCandles(symbol, Timeframe.D1, close_ms, first, high, low, last, volume)


def _last_day(calendar: TradingCalendar, now: datetime, schedule: Schedule, until: Slice | None) -> date:
    """The last session that belongs to the past: the last that has closed, or, of a run that is resumed, its last one."""
    if until is not None:
        return until.close_utc.astimezone(schedule.zone).date()
    today = now.astimezone(calendar.zone).date()
    if calendar.is_session(today) and now >= calendar.closes_at(today):
        return today
    return calendar.back(today, 1)


def _day_before(tape: Tape) -> date:
    return (tape.end_utc - tape.timeframe.duration).date()


@asynccontextmanager
async def _broker(
    settings: Settings, symbols: tuple[str, ...], key: bytes, run: str, clock: PacedClock
) -> AsyncIterator[IbVenue]:
    assert settings.venue.ib is not None  # the settings refuse kind ib without it
    default = {symbol: instrument_of(settings.market, symbol) for symbol in symbols}
    async with IbVenue.open(settings.venue.ib, default=default, key=key, run=run, clock=clock) as broker:
        yield broker


def _mark(settings: Settings) -> str:
    """What tells the account from all others, for the lock of this machine."""
    ib = settings.venue.ib
    return hashlib.sha256(f"ib {'' if ib is None else ib.account}".encode()).hexdigest()[:16]


def _run_name(key: bytes, clock: PacedClock) -> str:
    return hashlib.sha256(b"run\x1f" + key + clock.now().isoformat().encode()).hexdigest()[:12]


def _calendar_name(settings: Settings) -> str:
    assert settings.market.calendar is not None  # the settings refuse kind ib without it
    return settings.market.calendar


def _schedule(settings: Settings) -> str:
    assert settings.market.schedule is not None
    return settings.market.schedule
