"""The daily bar of a session as it stands near its close: waited for, marked, compared afterwards, and not invented."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from virtual_clock import VirtualClock

from agents.desk.clocked.sessions import Days, Schedule, SessionFeed
from config.errors import DataFault
from config.reading.load import load_profile
from market.bar import Slice
from market.quality.monitor import QualityMonitor
from market.sessions.calendar import calendar_of
from market.timeframe import Timeframe

CALENDAR, SCHEDULE = calendar_of("XBOM"), Schedule.of("15:28 Asia/Kolkata")
MONDAY, TUESDAY = date(2026, 10, 5), date(2026, 10, 6)


class Told:
    """A broker that tells these days, and is silent until a moment."""

    def __init__(self, clock: VirtualClock, rows: Days, until: datetime | None = None) -> None:
        self.clock, self.rows, self.until = clock, rows, until

    async def days(self, symbol: str, duration: str) -> Days:
        if self.until is not None and self.clock.now() < self.until:
            raise DataFault("The gateway tells no daily bars.")
        return self.rows


def feed(clock: VirtualClock, broker: Told, words: list[str] | None = None, bars: int | None = None) -> SessionFeed:
    monitor = QualityMonitor(load_profile("ib-backtest", {}).quality, Timeframe.D1, ["A/INR"], calendar=CALENDAR)
    told = [] if words is None else words
    day, at = date(2026, 10, 1), datetime(2026, 10, 1, 9, 58, tzinfo=UTC)
    return SessionFeed(broker, monitor, ["A/INR"], CALENDAR, SCHEDULE, day, at, clock, told.append, bars)


def row(day: date, close: float = 101.0) -> tuple[date, float, float, float, float, float]:
    return (day, 100.0, 105.0, 95.0, close, 1000.0)


def next_of(one: SessionFeed) -> Slice:
    shown = asyncio.run(one.next())
    assert shown is not None
    return shown


def test_it_waits_over_a_holiday_and_a_weekend_for_the_moment_and_marks_the_bar() -> None:
    clock = VirtualClock(datetime(2026, 10, 1, 12, 0, tzinfo=UTC))
    one = feed(clock, Told(clock, (row(MONDAY),)))
    assert one.next_close == datetime(2026, 10, 5, 9, 58, tzinfo=UTC), "Gandhi's birthday and a weekend lie between"
    shown = next_of(one)
    assert shown.close_utc == clock.now() == one.last_close
    assert [(found.kind, found.at_utc) for found in shown.findings] == [("provisional", shown.close_utc)]
    assert shown.bars["A/INR"].close == 101.0
    assert not shown.frozen


def test_what_the_bar_had_become_is_told_at_the_next_session() -> None:
    clock = VirtualClock(datetime(2026, 10, 5, 9, 0, tzinfo=UTC))
    broker = Told(clock, (row(MONDAY),))
    one = feed(clock, broker)
    next_of(one)
    broker.rows = (row(MONDAY, 103.02), row(TUESDAY))
    notes = [found.detail for found in next_of(one).findings if found.kind == "settled"]
    assert notes == ["the session of 2026-10-05 was decided on at 101 and closed at 103.02 (+2.00%)"]


def test_a_session_that_was_missed_is_passed_on_and_nothing_new_is_opened_on_it() -> None:
    clock = VirtualClock(datetime(2026, 10, 5, 11, 0, tzinfo=UTC))
    shown = next_of(feed(clock, Told(clock, (row(MONDAY),))))
    assert shown.close_utc == datetime(2026, 10, 5, 9, 58, tzinfo=UTC)
    assert "nothing new on old news" in shown.frozen["A/INR"]
    assert {found.kind for found in shown.findings} == {"late"}


def test_a_broker_that_is_silent_is_asked_until_the_close_and_then_there_is_no_bar() -> None:
    clock, words = VirtualClock(datetime(2026, 10, 5, 9, 58, tzinfo=UTC)), list[str]()
    answers = Told(clock, (row(MONDAY),), until=clock.now() + timedelta(seconds=60))
    assert next_of(feed(clock, answers, words)).bars
    assert len(words) == 1
    clock = VirtualClock(datetime(2026, 10, 5, 9, 58, tzinfo=UTC))
    silent = Told(clock, (row(MONDAY),), until=clock.now() + timedelta(hours=9))
    shown = next_of(feed(clock, silent))
    assert not shown.bars
    assert clock.now() >= CALENDAR.closes_at(MONDAY)


def test_it_ends_after_so_many_sessions() -> None:
    clock = VirtualClock(datetime(2026, 10, 5, 9, 0, tzinfo=UTC))
    one = feed(clock, Told(clock, (row(MONDAY), row(TUESDAY))), bars=1)
    next_of(one)
    assert asyncio.run(one.next()) is None
    assert asyncio.run(one.prices(["A/INR"], 1.0)) == {}
    assert one.is_current
