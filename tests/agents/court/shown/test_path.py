"""The path of prices: whole bars only, the last of them, and the days before the session."""

from datetime import UTC, datetime, timedelta

from agents.court.shown.path import BARS, DAYS, Paths
from market.bar import Bar
from market.timeframe import Timeframe

SYMBOL = "BTC/USDT"
START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def bar(close: float, at: datetime, length: Timeframe = Timeframe.H1) -> dict[str, Bar]:
    made = Bar(
        symbol=SYMBOL, timeframe=length, close_utc=at, open=close, high=close, low=close, close=close, volume=close / 10
    )
    return {SYMBOL: made}


def lived(hours: int) -> Paths:
    paths = Paths([SYMBOL], Timeframe.H1)
    for n in range(1, hours + 1):
        paths.push(bar(100.0 + n, START + n * HOUR))
    return paths


def test_it_keeps_the_last_bars_oldest_first_and_the_last_is_the_present_one() -> None:
    found = lived(40).of(SYMBOL)
    assert len(found.closes) == len(found.volumes) == BARS
    assert (found.closes[0], found.closes[-1], found.volumes[-1]) == (117.0, 140.0, 14.0)


def test_a_day_is_told_only_when_it_is_whole() -> None:
    assert lived(23).of(SYMBOL).daily_closes == ()
    assert lived(24).of(SYMBOL).daily_closes == (124.0,)
    assert lived(47).of(SYMBOL).daily_closes == (124.0,)


def test_days_before_the_first_bar_come_first_and_no_more_are_kept_than_are_shown() -> None:
    paths = Paths([SYMBOL], Timeframe.H1)
    for n in range(DAYS + 5, 0, -1):
        paths.remember(bar(1.0 * n, START - (n - 1) * timedelta(days=1), Timeframe.D1))
    assert paths.of(SYMBOL).daily_closes == tuple(float(n) for n in range(DAYS, 0, -1))


def test_a_session_on_days_has_no_second_row_of_them() -> None:
    paths = Paths([SYMBOL], Timeframe.D1)
    paths.remember(bar(1.0, START, Timeframe.D1))
    paths.push(bar(2.0, START + timedelta(days=1), Timeframe.D1))
    assert paths.of(SYMBOL).closes == (2.0,)
    assert paths.of(SYMBOL).daily_closes == ()
