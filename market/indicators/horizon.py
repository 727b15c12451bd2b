"""The indicators of one symbol on one timeframe, as TA-Lib streams.

Definitions. A cross compares this bar with the previous one: above now, not above before. `highest_20`, `lowest_20` and the mean
in `volume_ratio_20` are of the 20 bars before this one. `realized_volatility` is the sample standard deviation of the last 24
log returns times the square root of the bars in a year (Lo 2002): of 365 days, or of the sessions of a calendar. RSI, ATR, ADX:
Wilder (1978).
"""

import math
from collections import deque
from itertools import islice
from typing import Any

import numpy as np

from market.bar import Bar
from market.candles import Floats
from market.indicators.full_depth import Full
from market.indicators.library import InsufficientHistory, stream
from market.signals import Depth, TechnicalSignals
from market.timeframe import Timeframe

_VOLATILITY_BARS = 24
_BEFORE = 20
_OVERBOUGHT, _OVERSOLD = 70.0, 30.0
_OF_CLOSE = ("rsi_14", "macd", "bbands", "sma_20", "sma_50", "sma_200", "ema_12", "ema_26")
_OF_RANGE = ("atr_14_quote", "adx_14")
_LEAST = {
    "rsi_14": 14, "macd": 26, "bbands": 20, "sma_20": 20, "sma_50": 50, "sma_200": 200, "ema_12": 12, "ema_26": 26,
    "atr_14_quote": 14, "adx_14": 14,
}  # fmt: skip
"""The longest window of each: with fewer bars it cannot open, and is not tried."""
_UNKNOWN = {name: field.default for name, field in TechnicalSignals.model_fields.items()}
"""The fields in the order of their declaration, each as it is where it is not known."""


def _opened(name: str, high: Floats, low: Floats, close: Floats) -> Any:
    """A stream that starts with this history, each array of shape (n,). Raises talib.InsufficientHistory when n is too small."""
    match name:
        case "rsi_14":
            return stream.RSI(close, timeperiod=14)
        case "macd":
            return stream.MACD(close, fastperiod=12, slowperiod=26, signalperiod=9)
        case "bbands":
            return stream.BBANDS(close, timeperiod=20, nbdevup=2.0, nbdevdn=2.0)
        case "atr_14_quote":
            return stream.ATR(high, low, close, timeperiod=14)
        case "adx_14":
            return stream.ADX(high, low, close, timeperiod=14)
        case _:
            kind, _, period = name.partition("_")
            return (stream.SMA if kind == "sma" else stream.EMA)(close, timeperiod=int(period))


class _Streams:
    """All TA-Lib streams of one timeframe. `now` and `before` hold the values of this bar and of the previous one by name;
    a value is None while the history is too short."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = dict.fromkeys((*_OF_CLOSE, *_OF_RANGE))
        self.before = self.now
        self._of_close: list[tuple[str, Any]] = []
        self._of_range: list[tuple[str, Any]] = []
        self._young = {*_OF_CLOSE, *_OF_RANGE}
        self._history: list[tuple[float, float, float]] = []

    def push(self, high: float, low: float, close: float) -> None:
        self.before, now = self.now, self.now.copy()
        self.now = now
        for name, handle in self._of_close:
            now[name] = handle.update(close)
        for name, handle in self._of_range:
            now[name] = handle.update(high, low, close)
        if self._young:
            self._history.append((high, low, close))
            self._open_those_that_can()

    def _open_those_that_can(self) -> None:
        able = [name for name in sorted(self._young) if len(self._history) >= _LEAST[name]]
        columns = np.array(self._history).T.copy() if able else ()
        for name in able:
            try:
                handle = _opened(name, *columns)
            except InsufficientHistory:
                continue
            self._young.discard(name)
            (self._of_close if name in _OF_CLOSE else self._of_range).append((name, handle))
            self.now[name] = handle.value
        if not self._young:
            self._history.clear()


class Horizon:
    """One symbol on one timeframe. `push` is cheap; the signals are built at the first call of `signals` after a bar."""

    def __init__(
        self, symbol: str, timeframe: Timeframe, depth: Depth = "full", year_bars: float | None = None
    ) -> None:
        """`depth`: the most that can be asked for. `year_bars`: bars in a year; None for those in 365 days."""
        self._symbol = symbol
        self._timeframe = timeframe
        self._streams = _Streams()
        self._bars = 0
        self._bar: Bar | None = None
        self._returns: deque[float] = deque(maxlen=_VOLATILITY_BARS)
        self._highs: deque[float] = deque(maxlen=_BEFORE + 1)
        self._lows: deque[float] = deque(maxlen=_BEFORE + 1)
        self._volumes: deque[float] = deque(maxlen=_BEFORE + 1)
        self._year = timeframe.bars_per_year if year_bars is None else year_bars
        self._full = Full(timeframe, self._year) if depth == "full" else None
        self._built: TechnicalSignals | None = None
        self._told: TechnicalSignals | None = None

    def push(self, bar: Bar) -> None:
        """Take the next closed bar. Raises ValueError when it is not newer than the last one."""
        high, low, close = bar.high, bar.low, bar.close
        if self._bar is not None:
            if bar.close_utc <= self._bar.close_utc:
                raise ValueError(f"the bar of {bar.close_utc.isoformat()} is not newer than the last one")
            self._returns.append(math.log(close / self._bar.close))
        self._streams.push(high, low, close)
        self._highs.append(high)
        self._lows.append(low)
        self._volumes.append(bar.volume)
        self._bar = bar
        self._bars += 1
        self._built = self._told = None
        if self._full is not None:
            self._full.push(bar, self._streams.now["adx_14"])

    def core(self) -> TechnicalSignals | None:
        """The signals of depth `core` of the bars so far; None before the first bar."""
        if self._built is None and self._bar is not None:
            self._built = _signals(self._core(self._bar))
        return self._built

    def signals(self) -> TechnicalSignals | None:
        """All signals of the bars so far that this horizon has; None before the first bar."""
        if self._full is None:
            return self.core()
        if self._told is None and self._bar is not None:
            core = self._core(self._bar) if self._built is None else vars(self._built)
            self._told = _signals(core | self._full.told(core["atr_14_quote"]))
        return self._told

    def _core(self, bar: Bar) -> dict[str, Any]:
        now, before = self._streams.now, self._streams.before
        macd, macd_signal, macd_hist = now["macd"] or (None, None, None)
        macd_before, macd_signal_before, _ = before["macd"] or (None, None, None)
        upper, middle, lower = now["bbands"] or (None, None, None)
        rsi, has_before = now["rsi_14"], self._has_before
        return {
            "symbol": self._symbol,
            "timeframe": self._timeframe,
            "close_utc": bar.close_utc,
            "bars": self._bars,
            "open": bar.open,
            "high": bar.high,
            "low": bar.low,
            "close": bar.close,
            "volume": bar.volume,
            "return_1": self._returns[-1] if self._returns else None,
            "rsi_14": rsi,
            "macd": macd,
            "macd_signal": macd_signal,
            "macd_hist": macd_hist,
            "bb_upper": upper,
            "bb_middle": middle,
            "bb_lower": lower,
            "sma_20": now["sma_20"],
            "sma_50": now["sma_50"],
            "sma_200": now["sma_200"],
            "ema_12": now["ema_12"],
            "ema_26": now["ema_26"],
            "atr_14_quote": now["atr_14_quote"],
            "adx_14": now["adx_14"],
            "realized_volatility": self._volatility(),
            "volume_ratio_20": self._volume_ratio(),
            "highest_20": max(islice(self._highs, _BEFORE)) if has_before else None,
            "lowest_20": min(islice(self._lows, _BEFORE)) if has_before else None,
            "ema_cross_up": _crosses(before["ema_12"], before["ema_26"], now["ema_12"], now["ema_26"]),
            "ema_cross_down": _crosses(before["ema_26"], before["ema_12"], now["ema_26"], now["ema_12"]),
            "golden_cross": _crosses(before["sma_50"], before["sma_200"], now["sma_50"], now["sma_200"]),
            "death_cross": _crosses(before["sma_200"], before["sma_50"], now["sma_200"], now["sma_50"]),
            "macd_cross_up": _crosses(macd_before, macd_signal_before, macd, macd_signal),
            "macd_cross_down": _crosses(macd_signal_before, macd_before, macd_signal, macd),
            "overbought": rsi is not None and rsi >= _OVERBOUGHT,
            "oversold": rsi is not None and rsi <= _OVERSOLD,
            "previous_rsi_14": before["rsi_14"],
        }

    @property
    def _has_before(self) -> bool:
        return self._bars > _BEFORE

    def _volume_ratio(self) -> float | None:
        mean = sum(islice(self._volumes, _BEFORE)) / _BEFORE
        return self._volumes[-1] / mean if self._has_before and mean > 0 else None

    def _volatility(self) -> float | None:
        if len(self._returns) < _VOLATILITY_BARS:
            return None
        mean = sum(self._returns) / _VOLATILITY_BARS
        variance = sum([(value - mean) ** 2 for value in self._returns]) / (_VOLATILITY_BARS - 1)
        return math.sqrt(variance * self._year)


def _signals(values: dict[str, Any]) -> TechnicalSignals:
    """Signals out of values that have their types already. A number that is not finite is refused, with its name."""
    if math.isfinite(sum([value for value in values.values() if type(value) is float])):
        return TechnicalSignals.made_of(_UNKNOWN | values)
    return TechnicalSignals(**values)


def _crosses(line_before: float | None, other_before: float | None, line: float | None, other: float | None) -> bool:
    """Whether `line` is above `other` now and was not at the previous bar; False while one of the values is unknown."""
    if line_before is None or other_before is None or line is None or other is None:
        return False
    return line > other and line_before <= other_before
