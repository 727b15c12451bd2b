"""A price in another unit is told from a price that moved, in both directions and on real crashes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sections.quality import QualitySettings
from market.bar import Slice
from market.files.bars import read_market_file
from market.plausible.units import change_of_unit, in_unit
from market.quality.monitor import QualityMonitor, Quote
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)
AAA = "AAA/USDT"
QUIET = tuple(100.0 + 0.1 * number for number in range(5))


def at(price: float, *, since: float | None = None, volume: float = 1000.0) -> Quote:
    """A bar that closes at `price`, having opened at `since` (or there)."""
    open_ = price if since is None else since
    return open_, max(open_, price) * 1.001, min(open_, price) * 0.999, price, volume


def watched(*quotes: Quote | None, accepted: float | None = None) -> list[Slice]:
    units = {} if accepted is None else {AAA: accepted}
    settings = QualitySettings(
        max_missing_bars=2, max_bar_move=0.30, max_bar_range=0.60, max_flat_bars=3, thaw_bars=3, accepted_units=units
    )
    monitor = QualityMonitor(settings, Timeframe.H1, [AAA])
    return [monitor.judge(START + i * timedelta(hours=1), {AAA: quote}) for i, quote in enumerate(quotes)]


def kinds(slices: list[Slice]) -> list[str]:
    return [finding.kind for told in slices for finding in told.findings]


@pytest.mark.parametrize("factor", [100.0, 1000.0, 1e4, 1e6, 0.01, 0.001, 1e-6])
def test_from_a_jump_by_a_power_of_ten_on_no_bar_is_believed_and_none_is_doubtful(factor: float) -> None:
    slices = watched(*map(at, QUIET), *(at(100.0 * factor * (1 + 0.01 * n)) for n in range(30)))
    assert [AAA in told.bars for told in slices] == [True] * 5 + [False] * 30
    assert not any(told.doubtful for told in slices), "a doubtful bar could fill a stop"
    assert all(AAA in told.frozen for told in slices[5:])
    assert kinds(slices) == ["unit"]
    (finding,) = slices[5].findings
    assert f"--set 'quality.accepted_units={{AAA/USDT: {factor:g}}}'" in finding.detail


@pytest.mark.parametrize("factor", [1000.0, 0.001, 0.01])
def test_a_factor_that_a_human_names_is_read_in_the_unit_before(factor: float) -> None:
    slices = watched(*map(at, QUIET), *(at(101.0 * factor, volume=1000.0 / factor) for _ in range(5)), accepted=factor)
    assert all(AAA in told.bars for told in slices)
    assert not any(told.frozen for told in slices)
    last = slices[-1].bars[AAA]
    assert (last.close, last.volume) == (pytest.approx(101.0), pytest.approx(1000.0))


def test_a_factor_that_is_not_the_jump_accepts_nothing() -> None:
    assert kinds(watched(*map(at, QUIET), at(1e5), at(1e5), accepted=100.0)) == ["unit"]
    assert not watched(*map(at, QUIET), at(1e5), at(1e5), accepted=100.0)[-1].bars


def test_a_jump_that_a_human_calls_a_move_is_judged_as_any_other() -> None:
    slices = watched(*map(at, QUIET), *(at(1e5) for _ in range(5)), accepted=1.0)
    assert kinds(slices) == ["jump", "frozen", "thawed"]
    assert slices[-1].bars[AAA].close == 1e5


def test_a_price_that_comes_back_is_believed_again_after_enough_good_bars() -> None:
    slices = watched(*map(at, QUIET), at(1e5), at(1.01e5), *(at(101.0) for _ in range(4)))
    assert kinds(slices) == ["unit", "unit", "thawed"]
    assert [AAA in told.frozen for told in slices][5:] == [True] * 4 + [False] * 2
    assert slices[-1].bars[AAA].close == 101.0


def test_a_bar_that_holds_both_units_is_refused_and_the_next_ones_are_read() -> None:
    mixed = (100.4, 1.01e5, 100.0, 1.0e5, 1000.0)
    assert not any(told.bars or told.doubtful for told in watched(*map(at, QUIET), mixed, at(1e5), at(1e5))[5:])
    told = watched(*map(at, QUIET), mixed, at(1e5), at(1e5), accepted=1000.0)
    assert [AAA in each.bars for each in told] == [True] * 5 + [False, True, True]
    assert not told[5].doubtful
    assert told[-1].bars[AAA].close == pytest.approx(100.0)


@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_ten_times_needs_its_volume_as_a_witness_and_bars_without_a_gap(factor: float) -> None:
    inverse = at(100.0 * factor, volume=1000.0 / factor)
    assert change_of_unit(inverse, 100.0, usual_volume=1000.0, missing=False) == factor
    assert change_of_unit(inverse, 100.0, usual_volume=1000.0, missing=True) is None
    assert change_of_unit(at(100.0 * factor), 100.0, usual_volume=1000.0, missing=False) is None
    assert change_of_unit(at(70.0 * factor, volume=1000.0 / factor), 100.0, usual_volume=1000.0, missing=False) is None


def test_a_crash_inside_bars_is_a_crash_however_deep() -> None:
    falling = [100.0, 100.0, 40.0, 10.0, 1.0, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01]
    slices = watched(*(at(now, since=before) for before, now in zip([100.0, *falling], falling, strict=False)))
    assert "unit" not in kinds(slices)
    assert slices[-1].bars[AAA].close == 0.01


def test_one_bar_from_a_hundred_to_a_thousandth_of_it_and_on_from_there_is_a_crash() -> None:
    slices = watched(*map(at, QUIET), at(0.1, since=100.4), *(at(0.1) for _ in range(5)))
    assert "unit" not in kinds(slices)
    assert slices[5].doubtful[AAA].low < 0.11
    assert slices[-1].bars[AAA].close == 0.1


@given(
    move=st.floats(-2.9, 0.9), last=st.floats(1e-6, 1e6), volume=st.floats(0.0, 1e9), usual=st.floats(0.0, 1e9)
)  # fmt: skip
def test_no_move_inside_a_bar_up_to_ninety_times_is_another_unit(
    move: float, last: float, volume: float, usual: float
) -> None:
    bar = at(last * 10.0**move, since=last, volume=volume)
    assert change_of_unit(bar, last, usual_volume=usual, missing=False) is None


@given(factor=st.sampled_from([0.001, 0.01, 100.0, 1000.0]), price=st.floats(1e-3, 1e5), volume=st.floats(0.0, 1e9))
def test_a_bar_in_another_unit_keeps_its_notional(factor: float, price: float, volume: float) -> None:
    read = in_unit(at(price, volume=volume), factor)
    assert read[3] * read[4] == pytest.approx(price * volume)


@pytest.mark.slow
def test_real_changes_of_unit_are_found_and_a_real_crash_is_none(shared: Path) -> None:
    file = shared / "ohlcv" / "spot_1h_panel" / "binance_33symbols_1h_2021-04_2023-12.parquet"
    found = {}
    for symbol, candles in read_market_file(file, Timeframe.H1, None).items():
        rows = np.flatnonzero(candles.sound())
        for before, row in pairwise(rows):
            if (
                abs(np.log(candles.open[row] / candles.close[before])) > 1
                or candles.close[row] > 9 * candles.close[before]
            ):
                bar = tuple(float(column[row]) for column in candles.columns)
                found[symbol] = change_of_unit(bar, float(candles.close[before]), usual_volume=0.0, missing=True)  # type: ignore[arg-type]
    assert found == {"BNX/USDT": 0.01, "LUNA/USDT": 1e5}


@pytest.mark.parametrize("price", [5e-324, 1e-300, 1e-40, 1e40, 1e308])
def test_a_price_that_no_coin_has_is_left_out_and_ends_no_session(price: float) -> None:
    odd = (price, price, price, price, 1000.0)
    slices = watched(*map(at, QUIET), odd, *map(at, QUIET))
    assert "inconsistent" in kinds(slices)
    assert "unit" not in kinds(slices)


def test_a_multiple_of_many_digits_is_told_by_its_size() -> None:
    (told,) = [
        found.detail for each in watched(*map(at, QUIET), at(1e28)) for found in each.findings if found.kind == "unit"
    ]
    assert "9.96e+25 times" in told
