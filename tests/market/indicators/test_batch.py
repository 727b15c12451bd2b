"""The batch gives what the stream gives, bar by bar, on any history: generated, recorded, dead, with holes, and very short."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.clock import to_ms
from config.seeds import generator
from market.candles import Candles
from market.files.bars import read_market_file
from market.indicators.batch import REGIMES, SignalColumns, columns_of_all, signal_columns
from market.indicators.engine import SignalEngine
from market.indicators.horizon import Horizon
from market.resample import resample
from market.signals import Regime, TechnicalSignals
from market.timeframe import Timeframe

START_MS = to_ms(datetime(2024, 1, 1, tzinfo=UTC))
OF_THE_BAR = {"symbol", "timeframe", "close_utc", "bars", "open", "high", "low", "close", "volume", "patterns"}
FIELDS = [name for name in TechnicalSignals.model_fields if name not in OF_THE_BAR]
NEARLY = {"realized_volatility"}
"""The stream squares with the C library's `pow`, which is off by one in the last place in one square of a thousand."""


def made(n: int, seed: int, timeframe: Timeframe = Timeframe.H1, *, holes: bool = False, tick: float = 0.0) -> Candles:
    """Bars of a random walk whose volatility changes. `tick` rounds the prices, so that equal ones occur."""
    chance = generator(seed, "batch")
    sizes = 0.002 * np.exp(np.abs(np.cumsum(0.1 * chance.standard_normal(n))) % 3.0)
    close = 100 * np.exp(np.cumsum(sizes * chance.standard_normal(n)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) * (1 + sizes * chance.random(n))
    low = np.minimum(open_, close) * (1 - sizes * chance.random(n))
    volume = np.where(chance.random(n) < 0.1, 0.0, chance.exponential(5.0, n))
    columns = [open_, high, low, close]
    if tick:
        columns = [np.maximum(np.round(column / tick), 1.0) * tick for column in columns]
    close_ms = START_MS + timeframe.seconds * 1000 * np.arange(1, n + 1, dtype=np.int64)
    kept = chance.random(n) > 0.1 if holes else np.ones(n, dtype=bool)
    return Candles.validated("BTC/USDT", timeframe, close_ms[kept], *(c[kept] for c in columns), volume[kept])


def stream(candles: Candles) -> list[TechnicalSignals]:
    """What the stream tells after each bar."""
    horizon, told = Horizon(candles.symbol, candles.timeframe), []
    for row in range(len(candles)):
        horizon.push(candles.bar(row))
        now = horizon.signals()
        assert now is not None
        told.append(now)
    return told


def as_number(value: float | bool | Regime | None) -> float:
    if value is None:
        return float("nan")
    return float(REGIMES.index(value)) if isinstance(value, Regime) else float(value)


def assert_same(told: list[TechnicalSignals], columns: SignalColumns) -> None:
    assert columns.values.keys() == set(FIELDS)
    for name in FIELDS:
        streamed = np.array([as_number(getattr(now, name)) for now in told])
        tolerance = 1e-14 if name in NEARLY else 0.0
        np.testing.assert_allclose(columns.values[name], streamed, rtol=tolerance, atol=0.0, err_msg=name)
    for row, now in enumerate(told):
        assert columns.patterns_at(row) == now.patterns, row


@pytest.mark.slow
@pytest.mark.parametrize("timeframe", [Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1])
def test_every_field_on_every_timeframe_equals_the_stream_to_the_last_bit(timeframe: Timeframe) -> None:
    candles = made(800, 3, timeframe)
    told = stream(candles)
    assert_same(told, signal_columns(candles))
    last = told[-1]
    unknown = {name for name in FIELDS if getattr(last, name) is None}
    young = {Timeframe.M15: {"return_30d"}, Timeframe.D1: {"vwap_day"}, Timeframe.W1: {"vwap_day", "return_1d"}}
    assert unknown == young.get(timeframe, set())
    assert any(now.patterns for now in told)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 260), holes=st.booleans(), tick=st.sampled_from([0.0, 0.5, 5.0]))
def test_any_history_gives_the_same_in_both_ways(seed: int, n: int, holes: bool, tick: float) -> None:
    candles = made(n, seed, holes=holes, tick=tick)
    if len(candles):
        assert_same(stream(candles), signal_columns(candles))


def test_recorded_bars_of_a_crash_give_the_same_in_both_ways(shared: Path) -> None:
    raw = read_market_file(shared / "ohlcv/spot_1h/binance_BTCUSDT_1h.parquet", Timeframe.H1, None)["BTC/USDT"]
    crash = int(np.searchsorted(raw.close_ms, to_ms(datetime(2020, 3, 13, tzinfo=UTC))))
    part = slice(crash - 900, crash + 300)
    columns = (column[part].copy() for column in raw.columns)
    candles = Candles.validated("BTC/USDT", Timeframe.H1, raw.close_ms[part].copy(), *columns)
    told = stream(candles)
    assert_same(told, signal_columns(candles))
    assert {now.regime for now in told} > {Regime.CRASH, Regime.TURBULENT, Regime.RANGE}


def test_a_dead_market_has_no_volatility_and_is_a_range_in_both_ways() -> None:
    n = 150
    flat = np.full(n, 100.0)
    close_ms = START_MS + Timeframe.H1.seconds * 1000 * np.arange(1, n + 1, dtype=np.int64)
    candles = Candles.validated("BTC/USDT", Timeframe.H1, close_ms, flat, flat, flat, flat, np.zeros(n))
    told = stream(candles)
    assert_same(told, signal_columns(candles))
    last = told[-1]
    assert (last.realized_volatility_20, last.vwap_20, last.vwap_day, last.support) == (0.0, None, None, None)
    assert last.regime is Regime.RANGE


def test_all_timeframes_at_once_are_those_of_the_engine() -> None:
    candles = made(24 * 7 * 40, 8)
    engine = SignalEngine(candles.symbol, candles.timeframe)
    for row in range(len(candles)):
        engine.push(candles.bar(row))
    columns = columns_of_all(candles)
    assert list(columns) == list(engine.view()) == [Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1]
    for timeframe, now in engine.view().items():
        for name in FIELDS:
            expected = pytest.approx(
                as_number(getattr(now, name)), rel=1e-14 if name in NEARLY else 0.0, abs=0.0, nan_ok=True
            )
            assert columns[timeframe].values[name][-1] == expected, (timeframe, name)
        assert columns[timeframe].patterns_at(now.bars - 1) == now.patterns


def test_no_bars_have_no_columns() -> None:
    none = made(10, 1)
    nothing = resample(
        Candles(none.symbol, none.timeframe, none.close_ms[:0], *(c[:0] for c in none.columns)), Timeframe.D1
    )
    assert signal_columns(nothing).values == {}


@pytest.mark.slow
@pytest.mark.parametrize("cut", [40, 130, 333])
def test_another_future_changes_no_column_of_the_past(cut: int) -> None:
    candles = made(400, 5)
    later = np.arange(400) >= cut
    changed = Candles(
        candles.symbol, candles.timeframe, candles.close_ms, *(np.where(later, 3.0 * c, c) for c in candles.columns)
    )
    one, other = signal_columns(candles), signal_columns(changed)
    for name in FIELDS:
        np.testing.assert_array_equal(one.values[name][:cut], other.values[name][:cut], err_msg=name)
    for row in range(cut):
        assert one.patterns_at(row) == other.patterns_at(row)
    moving = {
        name for name in FIELDS if not np.array_equal(one.values[name][cut:], other.values[name][cut:], equal_nan=True)
    }
    assert moving >= {"obv", "highest_10", "supertrend", "support", "regime"}
