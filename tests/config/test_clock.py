"""Time and chance are arguments: clocks never run backwards, moments survive, and streams do not disturb each other."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import BarClock, FixedClock, Stopwatch, SystemClock, aware, from_ms, to_ms
from config.seeds import generator

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
MILLIS = st.integers(-(10**13), 10**14)
NAMES = st.lists(st.sampled_from(["market", "news", "BTC/USDT", "ETH/USDT"]), max_size=3)


@given(ms=MILLIS)
def test_a_moment_survives_the_way_to_milliseconds_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms
    assert from_ms(ms).tzinfo is UTC


@given(ms=MILLIS, offset=st.integers(-12, 14))
def test_a_moment_is_the_same_wherever_it_was_written(ms: int, offset: int) -> None:
    there = from_ms(ms).astimezone(timezone(timedelta(hours=offset)))
    assert to_ms(there) == ms
    assert aware(there) == from_ms(ms)
    assert aware(there).utcoffset() == timedelta(0)


@pytest.mark.parametrize("part", [1, 999])
def test_parts_of_a_millisecond_are_cut_off(part: int) -> None:
    assert to_ms(AT + timedelta(microseconds=part)) == to_ms(AT)


def test_a_naive_moment_is_refused_everywhere() -> None:
    naive = AT.replace(tzinfo=None)
    for take in (aware, to_ms, FixedClock, BarClock):
        with pytest.raises(ValueError, match="naive datetime 2024-03-01T12:00:00"):
            take(naive)
    with pytest.raises(ValueError, match="naive"):
        BarClock(AT).advance(naive)


def test_a_fixed_clock_stands_still() -> None:
    clock = FixedClock(AT)
    assert clock.now() == clock.now() == AT


@given(steps=st.lists(st.integers(0, 10**6), max_size=10))
def test_a_bar_clock_goes_with_the_bars(steps: list[int]) -> None:
    clock, now = BarClock(AT), AT
    for step in steps:
        now += timedelta(seconds=step)
        clock.advance(now)
        assert clock.now() == now


def test_a_bar_clock_never_runs_backwards_and_stays_where_it_was() -> None:
    clock = BarClock(AT)
    with pytest.raises(ValueError, match="time cannot run backwards"):
        clock.advance(AT - timedelta(microseconds=1))
    assert clock.now() == AT


def test_the_machines_clock_is_in_utc_and_a_stopwatch_runs_forward() -> None:
    watch = Stopwatch()
    assert SystemClock().now().utcoffset() == timedelta(0)
    assert watch.elapsed() >= timedelta(0)


def drawn(seed: int, *names: str) -> list[float]:
    return generator(seed, *names).random(8).tolist()


@given(seed=st.integers(0, 2**40), names=NAMES)
def test_the_same_seed_and_names_give_the_same_stream(seed: int, names: list[str]) -> None:
    assert drawn(seed, *names) == drawn(seed, *names)


@given(seed=st.integers(0, 2**40), one=NAMES, other=NAMES)
def test_other_names_and_other_seeds_give_other_streams(seed: int, one: list[str], other: list[str]) -> None:
    assert (drawn(seed, *one) == drawn(seed, *other)) is (one == other)
    assert drawn(seed, *one) != drawn(seed + 1, *one)


def test_names_are_told_apart_and_not_run_together() -> None:
    assert drawn(1, "ab", "c") != drawn(1, "a", "bc") != drawn(1, "abc")


def test_streams_of_one_seed_do_not_hang_together() -> None:
    one, other = (generator(1, name).standard_normal(20_000) for name in ("a", "b"))
    assert abs(float((one * other).mean())) < 0.03


def test_the_streams_are_those_of_every_version() -> None:
    """Old journals are replayed with them."""
    assert drawn(7, "market", "BTC/USDT")[:3] == [0.033102407659809874, 0.4266028975745111, 0.03023572108350514]
    assert generator(0).integers(0, 2**32) == 3462246733


@pytest.mark.parametrize("seed", [-1, -(10**9)])
def test_a_negative_seed_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed must not be negative"):
        generator(seed, "x")
