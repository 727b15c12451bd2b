"""Rows put in order: whatever order they come in, the same bars; whatever is wrong, a finding; and too much of it, a refusal."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import PurePath

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.clock import to_ms
from config.errors import DataFault
from market.candles import RawCandles
from market.files.rows import Rows, in_timeframe, joined, ordered
from market.timeframe import Timeframe

HOUR_MS = 3_600_000
START_MS = to_ms(datetime(2024, 1, 1, tzinfo=UTC))
FILE = PurePath("bars.csv")


def rows(n: int = 60, step_ms: int = HOUR_MS, start_ms: int = START_MS) -> Rows:
    """Sound rows, each a little different."""
    number = np.arange(n, dtype=np.float64)
    close = 100.0 + number % 13.0
    return Rows(start_ms + step_ms * number, close - 0.5, close + 1.0, close - 1.0, close, 1.0 + number)


def changed(whole: Rows, column: str, at: int, value: float) -> Rows:
    values = getattr(whole, column).copy()
    values[at] = value
    return whole._replace(**{column: values})


def taken(whole: Rows, places: list[int]) -> Rows:
    return whole.take(np.array(places, dtype=np.intp))


def read(given_rows: Rows) -> RawCandles:
    return ordered(given_rows, "BTC/USDT", FILE.name)


def kinds(candles: RawCandles) -> list[str]:
    return [finding.kind for finding in candles.findings]


def assert_same(one: RawCandles, other: RawCandles) -> None:
    assert one.close_ms.tolist() == other.close_ms.tolist()
    for mine, theirs in zip(one.columns, other.columns, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("timeframe", list(Timeframe))
def test_the_length_of_a_bar_is_told_from_the_spacing_and_bars_close_one_length_later(timeframe: Timeframe) -> None:
    step_ms = timeframe.seconds * 1000
    start_ms = to_ms(timeframe.floor(datetime(2024, 1, 1, tzinfo=UTC)))
    found = read(rows(40, step_ms, start_ms))
    assert found.timeframe is timeframe
    assert found.close_ms[0] == start_ms + step_ms
    assert found.findings == ()


def test_sound_rows_come_out_as_they_went_in() -> None:
    found = read(rows())
    for mine, theirs in zip(found.columns, rows()[1:], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert found.sound().all()


def test_a_file_with_its_newest_row_first_is_turned_round_and_says_so() -> None:
    found = read(taken(rows(), list(range(59, -1, -1))))
    assert_same(found, read(rows()))
    assert kinds(found) == ["disorder"]


@given(swapped=st.integers(0, 58))
def test_two_rows_in_the_wrong_order_are_sorted_and_told(swapped: int) -> None:
    places = list(range(60))
    places[swapped], places[swapped + 1] = places[swapped + 1], places[swapped]
    found = read(taken(rows(), places))
    assert_same(found, read(rows()))
    assert kinds(found) == ["disorder"]


@given(order=st.permutations(list(range(60))))
def test_a_file_in_no_order_at_all_is_refused(order: list[int]) -> None:
    backward = sum(later < earlier for earlier, later in pairwise(order))
    assume(backward > 3 and backward < 59)
    with pytest.raises(DataFault, match="are bad"):
        read(taken(rows(), order))


@given(copies=st.lists(st.integers(0, 59), min_size=1, max_size=40))
def test_copies_that_agree_are_counted_once_however_many_there_are(copies: list[int]) -> None:
    found = read(taken(rows(), sorted([*range(60), *copies])))
    assert_same(found, read(rows()))
    assert kinds(found) == ["duplicate"]
    assert f"{len(copies)} rows repeat a bar" in found.findings[0].detail


def test_copies_that_contradict_each_other_are_all_refused() -> None:
    places = sorted([*range(60), 30])
    two = changed(taken(rows(), places), "close", 31, 500.0)
    found = read(two)
    assert START_MS + 31 * HOUR_MS not in found.close_ms.tolist()
    assert len(found) == 59
    assert "2 of 61 rows contradict another row of the same time: refused" in found.findings[0].detail


def test_copies_that_differ_by_a_rounding_are_one_bar() -> None:
    places = sorted([*range(60), 30])
    whole = taken(rows(), places)
    found = read(changed(whole, "close", 31, whole.close[31] * 1.0005))
    assert len(found) == 60


def test_a_row_without_a_time_is_refused_and_the_others_stay() -> None:
    found = read(changed(rows(), "open_ms", 10, float("nan")))
    assert len(found) == 59
    assert kinds(found) == ["non_finite"]


def test_a_row_off_the_grid_is_refused_and_the_others_stay() -> None:
    found = read(changed(rows(), "open_ms", 10, float(START_MS + 10 * HOUR_MS + 60_000)))
    assert len(found) == 59
    assert "do not open on the 1h grid" in found.findings[0].detail


@pytest.mark.parametrize(
    ("column", "value"),
    [("close", float("nan")), ("high", 1.0), ("low", -5.0), ("volume", -1.0), ("open", float("inf"))],
)
def test_one_bad_print_stays_for_the_quality_monitor(column: str, value: float) -> None:
    found = read(changed(rows(), column, 10, value))
    assert len(found) == 60
    assert np.flatnonzero(~found.sound()).tolist() == [10]


@pytest.mark.parametrize("bad", [0, 1, 2, 3, 4, 10, 60])
def test_up_to_one_bad_row_in_twenty_is_borne(bad: int) -> None:
    broken = rows()
    for at in range(bad):
        broken = changed(broken, "close", at, float("nan"))
    if bad <= 3:
        assert len(read(broken)) == 60
    else:
        with pytest.raises(DataFault, match=f"{bad} of the 60 rows of BTC/USDT in bars.csv are bad"):
            read(broken)


def test_one_row_says_nothing_about_the_length_of_a_bar() -> None:
    with pytest.raises(DataFault, match="holds one row"):
        read(rows(1))


@pytest.mark.parametrize("seconds", [61, 120, 7_200])
def test_a_spacing_that_is_no_timeframe_is_refused_with_those_that_are(seconds: int) -> None:
    with pytest.raises(DataFault, match="which is not one of 1m, 5m, 15m"):
        read(rows(40, seconds * 1000))


@pytest.mark.parametrize("to", [Timeframe.H1, Timeframe.H4, Timeframe.D1])
def test_coarser_bars_hold_the_extremes_and_all_the_volume_of_the_finer_ones(to: Timeframe) -> None:
    fine = read(rows(240))
    coarse = in_timeframe(fine, to, FILE)
    step = to.seconds // 3600
    assert coarse.timeframe is to
    assert len(coarse) == 240 // step
    np.testing.assert_array_equal(coarse.high, fine.high.reshape(-1, step).max(axis=1))
    np.testing.assert_array_equal(coarse.low, fine.low.reshape(-1, step).min(axis=1))
    np.testing.assert_array_equal(coarse.open, fine.open[::step])
    np.testing.assert_array_equal(coarse.close, fine.close[step - 1 :: step])
    assert coarse.volume.sum() == pytest.approx(fine.volume.sum())


def test_finer_bars_are_not_made_of_coarser_ones() -> None:
    with pytest.raises(DataFault, match="finer bars cannot be made from coarser ones"):
        in_timeframe(read(rows()), Timeframe.M5, FILE)


def test_a_bad_row_is_left_out_of_the_coarser_bar_and_told() -> None:
    whole = in_timeframe(read(changed(rows(48), "high", 5, float("nan"))), Timeframe.D1, FILE)
    assert len(whole) == 2
    assert whole.sound().all()
    assert "inconsistent" in kinds(whole)


@pytest.mark.parametrize(("missing", "days"), [(12, 3), (13, 2)])
def test_a_coarse_bar_needs_half_of_its_fine_ones(missing: int, days: int) -> None:
    places = [at for at in range(72) if not 24 <= at < 24 + missing]
    found = in_timeframe(read(taken(rows(72), places)), Timeframe.D1, FILE)
    assert len(found) == days
    assert ("gap" in kinds(found)) is (days == 2)


@pytest.mark.parametrize("cut", [1, 20, 58])
@pytest.mark.parametrize("swapped", [False, True])
def test_two_files_of_one_market_are_one_series_in_whatever_order_they_are_given(cut: int, swapped: bool) -> None:
    whole = read(rows())
    early = read(rows(cut + 1))
    late = read(taken(rows(), list(range(cut, 60))))
    parts = (late, early) if swapped else (early, late)
    found = joined(parts, Timeframe.H1)
    assert_same(found, whole)
    assert "duplicate" in kinds(found)


def test_one_file_alone_is_not_touched() -> None:
    whole = read(rows())
    assert joined((whole,), Timeframe.H1) is whole


def test_files_that_contradict_each_other_throughout_are_refused() -> None:
    other = rows()._replace(close=rows().close * 1.004, high=rows().high * 1.01)
    with pytest.raises(DataFault, match="the files together"):
        joined((read(rows()), read(other)), Timeframe.H1)
