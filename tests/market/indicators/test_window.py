"""A window holds the last closed bars and nothing else; its indicators are TA-Lib's; what it gave out never changes."""

from itertools import islice

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from config.seeds import generator
from market.indicators.window import LONGEST, Bars, BarWindow

Row = tuple[float, float, float, float, float]


def walk(count: int) -> list[Row]:
    closes = 100.0 * np.exp(np.cumsum(generator(5, "window").normal(0.0, 0.01, size=count)))
    return [(c * 0.999, c * 1.004, c * 0.995, c, 10.0 + n % 7) for n, c in enumerate(closes.tolist())]


def filled(size: int, rows: list[Row]) -> Bars:
    window = BarWindow(size)
    for row in rows:
        window.push(row)
    return window.view()


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 9), count=st.integers(1, 60))
def test_a_window_holds_the_last_bars_in_their_order(size: int, count: int) -> None:
    rows = walk(count)
    bars = filled(size, rows)
    wanted = np.array(rows[-size:]).T
    found = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    assert all(np.array_equal(one, column) for one, column in zip(found, wanted, strict=True))
    assert len(bars) == min(size, count)


def test_it_is_full_from_its_size_on() -> None:
    window, states = BarWindow(3), []
    for row in islice(walk(5), 5):
        window.push(row)
        states.append(window.full)
    assert states == [False, False, True, True, True]


def test_a_view_that_was_given_out_never_changes_and_cannot_be_written_to() -> None:
    window, kept = BarWindow(4), []
    for row in walk(40):
        window.push(row)
        bars = window.view()
        kept.append((bars, bars.close.copy()))
    assert all(np.array_equal(bars.close, then) for bars, then in kept)
    with pytest.raises(ValueError, match="read-only"):
        kept[-1][0].close[0] = 1.0


def test_indicators_are_those_of_talib_on_the_window_alone() -> None:
    rows = walk(300)
    bars = filled(120, rows)
    _, high, low, close, volume = (column.copy() for column in np.array(rows[-120:]).T)
    pairs = [
        (bars.sma(20), talib.SMA(close, 20)),
        (bars.ema(9.0), talib.EMA(close, 9)),
        (bars.rsi(7), talib.RSI(close, 7)),
        (bars.atr(14), talib.ATR(high, low, close, 14)),
        (bars.adx(14), talib.ADX(high, low, close, 14)),
        (bars.highest(20), talib.MAX(high, 20)),
        (bars.lowest(20), talib.MIN(low, 20)),
        (bars.indicator("cci", timeperiod=20.0), talib.CCI(high, low, close, 20)),
        (bars.indicator("MFI", timeperiod=14), talib.MFI(high, low, close, volume, 14)),
        *zip(bars.bollinger(20, 2), talib.BBANDS(close, 20, 2.0, 2.0), strict=True),
        *zip(bars.indicator("MACD", fastperiod=5), talib.MACD(close, 5), strict=True),
    ]
    for found, wanted in pairs:
        np.testing.assert_array_equal(found, wanted)
        assert len(found) == len(bars)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda bars: bars.sma(51), r"sma has no value on a window of 50 bars: a larger `history`"),
        (lambda bars: bars.rsi(50), r"rsi has no value"),
        (lambda bars: bars.ema(2.5), r"ema: a period is a whole number of bars, not 2\.5"),
        (lambda bars: bars.ema(float("nan")), r"ema: a period is a whole number of bars, not nan"),
        (lambda bars: bars.highest(0), r"highest: a period is a whole number"),
        (lambda bars: bars.indicator("NOPE"), r"TA-Lib cannot compute NOPE\(\)"),
        (lambda bars: bars.indicator("RSI", period=5), r"compute RSI\(period=5\): it has no period, but timeperiod"),
        (lambda bars: bars.indicator("RSI", timeperiod=-1), r"TA-Lib cannot compute RSI\(timeperiod=-1\)"),
    ],
)
def test_a_number_that_cannot_be_computed_is_refused_and_never_nan(ask: object, says: str) -> None:
    assert callable(ask)
    with pytest.raises(ValueError, match=says):
        ask(filled(50, walk(60)))


@pytest.mark.parametrize("size", [0, -1, LONGEST + 1])
def test_a_window_is_bounded(size: int) -> None:
    with pytest.raises(ValueError, match="a window holds 1 to"):
        BarWindow(size)
