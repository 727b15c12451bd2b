"""Signals: equal to batch TA-Lib, to published series where definitions agree, and blind to the future."""

import csv
import gzip
import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from config.clock import to_ms
from config.seeds import generator
from market.bar import Bar
from market.candles import Candles
from market.files.bars import read_market_file
from market.indicators.engine import SignalEngine
from market.resample import resample
from market.signals import TechnicalSignals
from market.timeframe import Timeframe

START_MS = to_ms(datetime(2024, 1, 1, tzinfo=UTC))


def candles_of(close: np.ndarray, *, timeframe: Timeframe = Timeframe.H1, spread: float = 0.01) -> Candles:
    n = len(close)
    close_ms = START_MS + timeframe.seconds * 1000 * np.arange(1, n + 1, dtype=np.int64)
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) * (1 + spread), np.minimum(open_, close) * (1 - spread)
    return Candles.validated("BTC/USDT", timeframe, close_ms, open_, high, low, close, 1 + np.arange(n) % 7.0)


def walk(n: int, seed: int = 0) -> Candles:
    chance = generator(seed, "test")
    return candles_of(100 * np.exp(np.cumsum(0.01 * chance.standard_normal(n))), spread=0.003 + 0.002 * seed)


def told(candles: Candles) -> list[TechnicalSignals]:
    """The signals after each bar."""
    engine = SignalEngine(candles.symbol, candles.timeframe)
    signals = []
    for i in range(len(candles)):
        engine.push(candles.bar(i))
        now = engine.signals(candles.timeframe)
        assert now is not None
        signals.append(now)
    return signals


def series(signals: list[TechnicalSignals], name: str) -> np.ndarray:
    return np.array([math.nan if (value := getattr(s, name)) is None else value for s in signals], dtype=np.float64)


def batch(candles: Candles) -> dict[str, np.ndarray]:
    _, high, low, close, volume = candles.columns
    macd, macd_signal, macd_hist = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0)
    returns = np.diff(np.log(close), prepend=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view

    def before(column: np.ndarray) -> np.ndarray:
        return np.concatenate([np.full(20, np.nan), windows(column, 20)[:-1].max(axis=1)])

    volatility = np.full(len(close), np.nan)
    volatility[24:] = windows(returns[1:], 24).std(axis=1, ddof=1) * math.sqrt(candles.timeframe.bars_per_year)
    mean_volume = np.concatenate([np.full(20, np.nan), windows(volume, 20)[:-1].mean(axis=1)])
    rsi = talib.RSI(close, 14)
    return {
        "return_1": returns, "rsi_14": rsi, "previous_rsi_14": np.concatenate([[np.nan], rsi[:-1]]),
        "macd": macd, "macd_signal": macd_signal, "macd_hist": macd_hist,
        "bb_upper": upper, "bb_middle": middle, "bb_lower": lower,
        "sma_20": talib.SMA(close, 20), "sma_50": talib.SMA(close, 50), "sma_200": talib.SMA(close, 200),
        "ema_12": talib.EMA(close, 12), "ema_26": talib.EMA(close, 26),
        "atr_14_quote": talib.ATR(high, low, close, 14), "adx_14": talib.ADX(high, low, close, 14),
        "realized_volatility": volatility, "volume_ratio_20": volume / mean_volume,
        "highest_20": before(high), "lowest_20": -before(-low),
    }  # fmt: skip


def crosses(line: np.ndarray, other: np.ndarray) -> list[bool]:
    above, not_above_before = line[1:] > other[1:], line[:-1] <= other[:-1]
    return [False, *(above & not_above_before).tolist()]


def assert_equal_to_batch(candles: Candles) -> None:
    signals, expected = told(candles), batch(candles)
    for name, values in expected.items():
        np.testing.assert_allclose(series(signals, name), values, rtol=1e-9, atol=1e-9, equal_nan=True, err_msg=name)
    pairs = {
        "ema_cross_up": ("ema_12", "ema_26"), "ema_cross_down": ("ema_26", "ema_12"),
        "golden_cross": ("sma_50", "sma_200"), "death_cross": ("sma_200", "sma_50"),
        "macd_cross_up": ("macd", "macd_signal"), "macd_cross_down": ("macd_signal", "macd"),
    }  # fmt: skip
    for name, (line, other) in pairs.items():
        assert [getattr(s, name) for s in signals] == crosses(expected[line], expected[other]), name
    assert [s.overbought for s in signals] == (expected["rsi_14"] >= 70).tolist()
    assert [s.oversold for s in signals] == (expected["rsi_14"] <= 30).tolist()
    assert any(s.golden_cross or s.death_cross for s in signals)
    assert any(s.ema_cross_up for s in signals)
    assert any(s.overbought for s in signals)


def test_every_signal_equals_batch_talib_on_a_random_walk() -> None:
    assert_equal_to_batch(walk(900, seed=2))


def test_every_signal_equals_batch_talib_on_real_bitcoin(shared: Path) -> None:
    raw = read_market_file(shared / "ohlcv/spot_1h/binance_BTCUSDT_1h.parquet", Timeframe.H1, None)["BTC/USDT"]
    part = slice(19_000, 21_000)
    columns = (column[part].copy() for column in raw.columns)
    assert_equal_to_batch(Candles.validated("BTC/USDT", Timeframe.H1, raw.close_ms[part].copy(), *columns))


@pytest.mark.slow
@given(n=st.integers(1, 260), seed=st.integers(0, 3))
@settings(max_examples=10)
def test_signals_do_not_depend_on_later_bars(n: int, seed: int) -> None:
    whole, other_future = walk(270, seed), walk(270, seed)
    future = other_future.close.copy()
    future[n:] *= 3
    changed = candles_of(future, spread=0.003 + 0.002 * seed)
    assert told(whole)[n - 1].canonical() == told(changed)[n - 1].canonical()


def test_coarser_horizons_hold_only_closed_bars_and_equal_their_own_engine() -> None:
    hours = walk(24 * 40)
    engine = SignalEngine("BTC/USDT", Timeframe.H1)
    for i in range(len(hours)):
        engine.push(hours.bar(i))
    view = engine.view()
    assert list(view) == [Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1]
    assert view[Timeframe.W1].bars == 5
    for timeframe in (Timeframe.H4, Timeframe.D1):
        assert view[timeframe] == told(resample(hours, timeframe))[-1]


def test_a_forming_bar_says_nothing() -> None:
    hours = walk(30)
    engine = SignalEngine("BTC/USDT", Timeframe.H1)
    for i in range(23):
        engine.push(hours.bar(i))
        assert engine.signals(Timeframe.D1) is None
    engine.push(hours.bar(23))
    day = engine.signals(Timeframe.D1)
    assert day is not None
    assert day.bars == 1
    engine.push(hours.bar(24))
    assert engine.signals(Timeframe.D1) is day


def test_a_young_history_is_unknown_not_neutral() -> None:
    first, *_, later = told(walk(14))
    assert first.return_1 is None
    assert later.rsi_14 is None
    assert (later.overbought, later.oversold) == (False, False)
    assert told(walk(199))[-1].sma_200 is None
    assert told(walk(200))[-1].sma_200 is not None


def test_a_flat_market_and_one_without_volume_break_nothing() -> None:
    candles = candles_of(np.full(260, 5.0), spread=0.0)
    candles = Candles.validated("BTC/USDT", Timeframe.H1, candles.close_ms, *candles.columns[:4], np.zeros(260))
    last = told(candles)[-1]
    assert last.realized_volatility == 0
    assert last.volume_ratio_20 is None
    assert last.atr_14_quote == 0
    assert last.bb_upper == last.bb_lower == pytest.approx(5)


def test_a_line_that_leaves_the_other_one_upward_has_crossed_it() -> None:
    *_, still, risen = told(candles_of(np.append(np.full(60, 5.0), 6.0)))
    assert still.ema_12 == still.ema_26
    assert (still.ema_cross_up, still.ema_cross_down) == (False, False)
    assert (risen.ema_cross_up, risen.ema_cross_down) == (True, False)


def test_the_base_may_be_finer_than_every_horizon_or_the_daily_one() -> None:
    assert told(candles_of(100 + np.arange(5.0), timeframe=Timeframe.M15))[-1].bars == 5
    daily = SignalEngine("BTC/USDT", Timeframe.D1)
    with pytest.raises(KeyError):
        daily.signals(Timeframe.H1)


def test_foreign_and_stale_bars_are_refused() -> None:
    engine = SignalEngine("BTC/USDT", Timeframe.H1)
    bar = walk(1).bar(0)
    engine.push(bar)
    with pytest.raises(ValueError, match="not newer"):
        engine.push(bar)
    with pytest.raises(ValueError, match="expected BTC/USDT 1h"):
        engine.push(bar.model_copy(update={"symbol": "ETH/USDT"}))


def published(shared: Path, name: str, field: str) -> np.ndarray:
    path = shared / "reference/stock_indicators" / f"{name}.standard.json.gz"
    rows = json.loads(gzip.decompress(path.read_bytes()))
    return np.array([math.nan if row[field] is None else row[field] for row in rows])


def daily(rows: list[dict[str, str]], high: str, low: str, close: str) -> list[TechnicalSignals]:
    """Signals of published quotes; they need no open, and their dates do not matter."""
    signals = []
    engine = SignalEngine("SPY/USD", Timeframe.D1)
    for i, row in enumerate(rows):
        engine.push(
            Bar(
                symbol="SPY/USD",
                timeframe=Timeframe.D1,
                close_utc=datetime.fromtimestamp(86_400 * (i + 1), UTC),
                open=float(row[close]),
                high=float(row[high]),
                low=float(row[low]),
                close=float(row[close]),
                volume=0.0,
            )
        )
        now = engine.signals(Timeframe.D1)
        assert now is not None
        signals.append(now)
    return signals


@pytest.fixture(scope="module")
def stock_signals(shared: Path) -> list[TechnicalSignals]:
    with (shared / "reference/stock_indicators/quotes_default.csv").open(newline="") as text:
        return daily(list(csv.DictReader(text)), "high", "low", "close")


@pytest.mark.parametrize(
    ("ours", "name", "field", "same_from"),
    [
        ("rsi_14", "rsi", "rsi", 0),
        ("sma_20", "sma", "sma", 0),
        ("ema_12", "macd", "fastEma", 0),
        ("ema_26", "macd", "slowEma", 0),
        ("bb_upper", "bb", "upperBand", 0),
        ("bb_lower", "bb", "lowerBand", 0),
        ("atr_14_quote", "atr", "atr", 0),
        # Seeded otherwise: TA-Lib starts MACD's fast EMA with the slow one, and ADX from one change fewer. Both fade.
        ("macd", "macd", "macd", 250),
        ("macd_signal", "macd", "signal", 250),
        ("macd_hist", "macd", "histogram", 250),
        ("adx_14", "adx", "adx", 450),
    ],
)
def test_indicators_equal_the_published_series(
    shared: Path, stock_signals: list[TechnicalSignals], ours: str, name: str, field: str, same_from: int
) -> None:
    expected = published(shared, name, field)
    actual = series(stock_signals, ours)
    if not same_from:
        assert np.isnan(actual).tolist() == np.isnan(expected).tolist()
    np.testing.assert_allclose(actual[same_from:], expected[same_from:], rtol=1e-9, atol=1e-9)


def stockcharts(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "reference/ta_stockcharts" / name).open(newline="") as text:
        return list(csv.DictReader(text))


def test_bollinger_bands_equal_the_stockcharts_worksheet(shared: Path) -> None:
    rows = stockcharts(shared, "cs-bbands.csv")
    signals = daily(rows, "Close", "Close", "Close")
    for ours, theirs in (("bb_upper", "HighBand"), ("bb_middle", "MiddleBand"), ("bb_lower", "LowBand")):
        expected = np.array([float(row[theirs] or "nan") for row in rows])
        np.testing.assert_allclose(series(signals, ours), expected, atol=1e-6)


def test_adx_settles_on_the_stockcharts_worksheet(shared: Path) -> None:
    rows = [row for row in stockcharts(shared, "cs-adx.csv") if row["Close"]]
    signals = daily(rows, "High", "Low", "Close")
    expected = np.array([float(row["ADX"] or "nan") for row in rows])
    np.testing.assert_allclose(series(signals, "adx_14")[300:], expected[300:], atol=1e-4)
