"""Intervals hold what they promise, pairs cancel what is common, and what is undefined has no interval."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.seeds import generator
from evidence.statistics.bootstrap import curve_returns, intervals, paired_differences
from evidence.statistics.key_figures import Measure
from market.files.bars import read_market_file
from market.timeframe import Timeframe
from risk.measures.ratios import sharpe

HOURS = 8760.0


def noise(seed: int, n: int = 1000, mean: float = 0.0) -> np.ndarray:
    return generator(seed, "noise").normal(mean, 0.01, size=n)


def test_the_estimate_is_the_measure_of_the_curve_itself() -> None:
    returns = noise(1)
    found = intervals(returns, bars_per_year=HOURS, seed=1, resamples=200)
    assert found.of(Measure.SHARPE).value == sharpe(returns, bars_per_year=HOURS)
    for estimate in found.estimates:
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < estimate.high


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says() -> None:
    returns = noise(2, 4000)
    mean = intervals(returns, bars_per_year=HOURS, seed=1, block=1.0).of(Measure.MEAN_RETURN)
    error = returns.std() / np.sqrt(4000)
    assert mean.low == pytest.approx(returns.mean() - 1.96 * error, abs=0.15 * error)
    assert mean.high == pytest.approx(returns.mean() + 1.96 * error, abs=0.15 * error)


def test_a_ninety_percent_interval_holds_the_truth_nine_times_in_ten() -> None:
    held = 0
    for seed in range(120):
        found = intervals(noise(seed, 250, 0.001), bars_per_year=1.0, seed=seed, resamples=120, confidence=0.9)
        estimate = found.of(Measure.SHARPE)
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= 0.1 <= estimate.high
    assert 0.82 <= held / 120 <= 0.96


def test_the_same_seed_gives_the_same_interval_and_another_one_does_not() -> None:
    one, again, other = (intervals(noise(1), bars_per_year=HOURS, seed=seed, resamples=50) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_longer_blocks_widen_the_interval_of_what_hangs_together() -> None:
    slow = np.repeat(noise(4, 100), 20)
    short, long = (
        intervals(slow, bars_per_year=HOURS, seed=1, block=block, resamples=500).of(Measure.MEAN_RETURN)
        for block in (1.0, 60.0)
    )
    assert short.high is not None
    assert short.low is not None
    assert long.high is not None
    assert long.low is not None
    assert long.high - long.low > 3 * (short.high - short.low)
    assert intervals(slow, bars_per_year=HOURS, seed=1, resamples=10).block > 10


def test_a_pair_sees_a_small_edge_that_neither_interval_alone_would_show() -> None:
    market = noise(5, 3000)
    better = market + noise(6, 3000, 0.002) / 10
    together = paired_differences(better, market, bars_per_year=HOURS, seed=1, resamples=500)
    mean = together.of(Measure.MEAN_RETURN)
    alone = intervals(better, bars_per_year=HOURS, seed=1, resamples=500).of(Measure.MEAN_RETURN)
    assert mean.is_clear
    assert mean.share_above == 1.0
    assert alone.low is not None
    assert alone.low < market.mean()


def test_a_curve_does_not_differ_from_itself() -> None:
    same = paired_differences(noise(1), noise(1), bars_per_year=HOURS, seed=1, resamples=50)
    for found in same.differences:
        assert (found.value, found.low, found.high, found.is_clear) == (0.0, 0.0, 0.0, False)


def test_swapping_the_curves_turns_the_interval_round() -> None:
    one, two = noise(1), noise(2, mean=0.0005)
    there = paired_differences(one, two, bars_per_year=HOURS, seed=1, resamples=100)
    back = paired_differences(two, one, bars_per_year=HOURS, seed=1, resamples=100)
    for found, turned in zip(there.differences, back.differences, strict=True):
        assert found.low is not None
        assert turned.high is not None
        assert found.low == pytest.approx(-turned.high)


def test_what_never_fell_has_no_calmar_and_no_interval_of_it() -> None:
    rising = intervals(np.abs(noise(1)) + 1e-6, bars_per_year=1.0, seed=1, resamples=50)
    calmar = rising.of(Measure.CALMAR)
    assert (calmar.value, calmar.low, calmar.high, calmar.undefined) == (None, None, None, 1.0)
    deepest = rising.of(Measure.MAX_DRAWDOWN)
    assert (deepest.value, deepest.low, deepest.high) == (0.0, 0.0, 0.0)


def test_a_measure_that_half_the_resamples_do_not_have_shows_no_interval() -> None:
    once = np.full(60, 0.001)
    once[30] = -0.01
    found = intervals(once, bars_per_year=HOURS, seed=1, resamples=100, block=1.0).of(Measure.SORTINO)
    assert found.value is not None
    assert found.undefined > 0.2
    assert (found.low, found.high) == (None, None)


@given(st.lists(st.floats(-0.9, 3.0), min_size=30, max_size=60), st.integers(0, 9))
@settings(max_examples=30)
def test_no_bound_is_ever_out_of_order_or_not_finite(returns: list[float], seed: int) -> None:
    for found in intervals(returns, bars_per_year=HOURS, seed=seed, resamples=20).estimates:
        assert (found.low is None) == (found.high is None)
        if found.low is not None and found.high is not None:
            assert found.low <= found.high


def test_a_curve_becomes_returns_and_a_dead_one_is_refused() -> None:
    assert curve_returns([100.0, 110.0, 99.0]) == pytest.approx([0.1, -0.1])
    assert curve_returns([100.0, 0.0]) == pytest.approx([-1.0])
    with pytest.raises(ValueError, match="touched zero"):
        curve_returns([100.0, 0.0, 0.0])


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="not of the same tape"):
        paired_differences(noise(1), noise(1, 999), bars_per_year=HOURS, seed=1)
    with pytest.raises(ValueError, match="NaN or infinite"):
        intervals([float("nan")] * 40, bars_per_year=HOURS, seed=1)
    with pytest.raises(ValueError, match="more than everything"):
        intervals([-1.1] * 40, bars_per_year=HOURS, seed=1)
    with pytest.raises(ValueError, match="confidence"):
        intervals(noise(1), bars_per_year=HOURS, seed=1, confidence=95, resamples=2)


def test_a_year_of_bitcoin_cannot_be_told_from_a_sharpe_of_zero_but_its_drawdown_can(shared: Path) -> None:
    candles = read_market_file(shared / "ohlcv" / "spot_1h" / "binance_BTCUSDT_1h.parquet", Timeframe.H1, None)
    closes = candles["BTC/USDT"].close[-8760:]
    found = intervals(curve_returns(closes), bars_per_year=HOURS, seed=1, resamples=300)
    ratio, fall = found.of(Measure.SHARPE), found.of(Measure.MAX_DRAWDOWN)
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low < 0.5 < ratio.high
    assert found.block > 20
    assert fall.low is not None
    assert fall.low > 0.1
