"""Bar lengths: each divides the next, days begin at midnight and weeks on Monday, and every moment lies in one bar."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.timeframe import HORIZONS, Timeframe

EVERY = pytest.mark.parametrize("timeframe", list(Timeframe))
MOMENTS = st.integers(10**15, 7 * 10**15).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))


def test_each_length_is_a_whole_number_of_the_one_before() -> None:
    lengths = [timeframe.seconds for timeframe in Timeframe]
    assert lengths == sorted(lengths)
    assert all(longer % shorter == 0 for shorter, longer in pairwise(lengths))


@EVERY
def test_seconds_duration_and_bars_of_a_year_say_the_same(timeframe: Timeframe) -> None:
    assert timeframe.duration == timedelta(seconds=timeframe.seconds)
    assert timeframe.bars_per_year * timeframe.seconds == pytest.approx(365 * 86_400)


def test_an_hourly_year_has_8760_bars_since_crypto_never_closes() -> None:
    assert Timeframe.H1.bars_per_year == 8_760
    assert Timeframe.D1.bars_per_year == 365


@given(moment=MOMENTS, timeframe=st.sampled_from(Timeframe))
def test_every_moment_lies_in_exactly_one_bar(moment: datetime, timeframe: Timeframe) -> None:
    opened = timeframe.floor(moment)
    assert opened <= moment < opened + timeframe.duration
    assert timeframe.floor(opened) == opened
    assert timeframe.floor(opened + timeframe.duration - timedelta(microseconds=1)) == opened


@given(moment=MOMENTS, timeframe=st.sampled_from(Timeframe))
def test_a_finer_bar_never_straddles_two_coarser_ones(moment: datetime, timeframe: Timeframe) -> None:
    for coarser in Timeframe:
        if coarser.seconds > timeframe.seconds:
            assert coarser.floor(timeframe.floor(moment)) == coarser.floor(moment)


@given(moment=MOMENTS)
def test_days_begin_at_midnight_and_weeks_on_monday(moment: datetime) -> None:
    day, week = Timeframe.D1.floor(moment), Timeframe.W1.floor(moment)
    assert (day.hour, day.minute, day.second, day.microsecond) == (0, 0, 0, 0)
    assert day.date() == moment.date()
    assert week.weekday() == 0
    assert Timeframe.D1.floor(week) == week


def test_the_court_judges_from_the_hour_to_the_week() -> None:
    assert HORIZONS == (Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1)
