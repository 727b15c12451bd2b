"""Closed-bar resampling, at once and bar by bar."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import to_ms
from market.bar import Bar
from market.candles import Candles
from market.resample import Resampler, resample
from market.timeframe import Timeframe

START_MS = to_ms(datetime(2024, 1, 3, tzinfo=UTC))  # a Wednesday


def hours(present: list[int]) -> Candles:
    """One-hour candles that open at these hours after START; prices follow the hour."""
    n = np.array(present, dtype=np.float64)
    close_ms = START_MS + (np.array(present, dtype=np.int64) + 1) * 3_600_000
    wave = 100 + 10 * np.sin(n)
    return Candles.validated("BTC/USDT", Timeframe.H1, close_ms, wave, wave + 1 + n % 3, wave - 2, wave + 0.5, 0.1 * n)


def bars(candles: Candles) -> list[Bar]:
    return [candles.bar(i) for i in range(len(candles))]


def test_a_day_is_made_of_its_hours() -> None:
    day = resample(hours(list(range(24))), Timeframe.D1).bar(0)
    assert day.open_utc == datetime(2024, 1, 3, tzinfo=UTC)
    source = bars(hours(list(range(24))))
    assert (day.open, day.close) == (source[0].open, source[-1].close)
    assert (day.high, day.low) == (max(bar.high for bar in source), min(bar.low for bar in source))
    assert day.volume == pytest.approx(0.1 * sum(range(24)))


def test_the_first_partial_bar_and_the_forming_one_are_dropped() -> None:
    made = resample(hours(list(range(1, 11))), Timeframe.H4)
    assert [bar.open_utc.hour for bar in bars(made)] == [4]


def test_a_bar_with_missing_hours_inside_is_kept() -> None:
    made = resample(hours([0, 1, 2, 3, 6, 7, 8]), Timeframe.H4)
    assert [bar.open_utc.hour for bar in bars(made)] == [0, 4]
    assert made.volume[1] == pytest.approx(1.3)


def test_a_bar_whose_last_hour_is_missing_closes_with_the_next_bar() -> None:
    resampler = Resampler(Timeframe.H1, Timeframe.H4)
    closed = [resampler.push(bar) for bar in bars(hours([0, 1, 2, 7]))]
    assert [len(told) for told in closed] == [0, 0, 0, 2]
    assert [bar.open_utc.hour for bar in closed[-1]] == [0, 4]


def test_weeks_begin_on_mondays() -> None:
    made = resample(hours(list(range(24 * 14))), Timeframe.W1)
    assert [bar.open_utc.strftime("%a %d") for bar in bars(made)] == ["Mon 08"]


@given(
    present=st.sets(st.integers(0, 60), min_size=1, max_size=61).map(sorted),
    to=st.sampled_from([Timeframe.H4, Timeframe.D1]),
)
def test_bar_by_bar_equals_all_at_once_at_every_moment(present: list[int], to: Timeframe) -> None:
    resampler = Resampler(Timeframe.H1, to)
    told: list[Bar] = []
    for n, bar in enumerate(bars(hours(present)), start=1):
        told += resampler.push(bar)
        assert told == bars(resample(hours(present[:n]), to))
        assert all(closed.close_utc <= bar.close_utc for closed in told)


def test_bars_out_of_order_or_of_another_length_are_refused() -> None:
    resampler = Resampler(Timeframe.H1, Timeframe.H4)
    first = hours([0]).bar(0)
    resampler.push(first)
    with pytest.raises(ValueError, match="not newer"):
        resampler.push(first)
    with pytest.raises(ValueError, match="expected a 1h bar"):
        resampler.push(resample(hours([4, 5, 6, 7]), Timeframe.H4).bar(0))
    with pytest.raises(ValueError, match="cannot be made"):
        Resampler(Timeframe.H4, Timeframe.H1)


def test_nothing_becomes_nothing() -> None:
    assert len(resample(hours([]), Timeframe.D1)) == 0
