"""The signals of depth `full` of one symbol on one timeframe. `horizon.py` has those of depth `core`.

At most bars nobody asks for more than the core. So `push` only keeps the bar, and the streams take all bars that were kept
when somebody asks (`told`), or when many wait. What they tell does not depend on when they were asked.

`vwap_day` begins anew with the first bar that opens on a UTC day; there is none on bars of a day or longer. The returns of one,
seven and thirty days go back to the last close that was known at that time, also across a gap. A swing is known `SWING_BARS`
bars after its extreme, and not before.
"""

import math
from array import array
from collections import deque
from collections.abc import Iterable
from typing import Any

from market.bar import Bar
from market.indicators.handles import CLOSE, HIGH, LOW, RETURN, VOLUME, Function, Handles
from market.indicators.patterns import Patterns
from market.indicators.recursions import (
    SWING_BARS,
    SWINGS_KEPT,
    TOUCH_ATR,
    below_of,
    is_swing_high,
    is_swing_low,
    regime_step,
    supertrend_step,
    touches_of,
)
from market.signals import Regime
from market.timeframe import Timeframe

DAY_S = 86_400
SPANS_DAYS = {"return_1d": 1, "return_7d": 7, "return_30d": 30}
SHORT, LONG = 20, 100
"""Windows of the two volatilities [bars]; the fall that makes a crash is that of the short one."""
VWAP_BARS = 20
KELTNER_ATR = 2.0
MOST_WAITING = 16_384
"""Bars that wait at most for somebody to ask."""

FUNCTIONS = (
    Function("obv", "OBV", (CLOSE, VOLUME)),
    Function("stoch", "STOCH", (HIGH, LOW, CLOSE), (("fastk_period", 14), ("slowk_period", 3), ("slowd_period", 3))),
    Function("highest_10", "MAX", (HIGH,), (("timeperiod", 10),)),
    Function("lowest_10", "MIN", (LOW,), (("timeperiod", 10),)),
    Function("highest_55", "MAX", (HIGH,), (("timeperiod", 55),)),
    Function("lowest_55", "MIN", (LOW,), (("timeperiod", 55),)),
    Function("ema_20", "EMA", (CLOSE,), (("timeperiod", 20),)),
    Function("atr_10", "ATR", (HIGH, LOW, CLOSE), (("timeperiod", 10),)),
    Function("deviation_20", "STDDEV", (RETURN,), (("timeperiod", SHORT),)),
    Function("deviation_100", "STDDEV", (RETURN,), (("timeperiod", LONG),)),
)
CHANNELS = ("highest_10", "lowest_10", "highest_55", "lowest_55")
SAMPLE = {bars: math.sqrt(bars / (bars - 1)) for bars in (SHORT, LONG)}
"""TA-Lib's deviation divides by n: times this, it divides by n - 1."""

_WIDTH = 7


class Full:
    """One symbol on one timeframe, after the bars that were pushed."""

    def __init__(self, timeframe: Timeframe, year_bars: float) -> None:
        """`year_bars`: bars in a year, by which volatilities are annualised."""
        self._waiting = array("d")
        self._year = year_bars
        self._close = math.nan
        self._handles = Handles(FUNCTIONS)
        self._patterns = Patterns()
        self._day = _DayPrice(timeframe)
        self._weighed: deque[tuple[float, float]] = deque(maxlen=VWAP_BARS)
        self._ago = {name: _Ago(days * DAY_S, timeframe) for name, days in SPANS_DAYS.items()}
        self._trend = _Supertrend()
        self._swings = _Swings()
        self._regime = _RegimeLatch()

    def push(self, bar: Bar, adx: float | None) -> None:
        """Take the next closed bar, and the ADX of 14 bars after it [0..100]."""
        moment = bar.close_utc.timestamp()
        waiting = self._waiting
        waiting.extend((moment, bar.open, bar.high, bar.low, bar.close, bar.volume, math.nan if adx is None else adx))
        if len(waiting) >= MOST_WAITING * _WIDTH:
            self._catch_up()

    def told(self, atr: float | None) -> dict[str, Any]:
        """The signals of depth `full` by name, after all bars. `atr`: Wilder's average true range of 14 bars now [quote]."""
        self._catch_up()
        now, before = self._handles.now, self._handles.before
        found = {name: before[name] for name in CHANNELS}
        found["obv"] = now["obv"]
        found["stoch_k"], found["stoch_d"] = now["stoch"] or (None, None)
        found |= _keltner(now["ema_20"], now["atr_10"])
        found["supertrend"], found["supertrend_rising"] = self._trend.line, self._trend.rising
        found["vwap_day"], found["vwap_20"] = self._day.price, self._vwap()
        found |= {name: ago.log_return(self._close) for name, ago in self._ago.items()}
        for bars in (SHORT, LONG):
            deviation = now[f"deviation_{bars}"]
            found[f"realized_volatility_{bars}"] = (
                None if deviation is None else deviation * SAMPLE[bars] * math.sqrt(self._year)
            )
        found |= self._swings.levels(self._close, atr)
        return found | {"regime": self._regime.now, "patterns": self._patterns.seen()}

    def _catch_up(self) -> None:
        """Take all bars that wait, a column after the other: that costs half of taking them bar by bar."""
        if not self._waiting:
            return
        flat = self._waiting.tolist()
        moments, opens, highs, lows, closes, volumes, adxs = [flat[place::_WIDTH] for place in range(_WIDTH)]
        del self._waiting[:]
        before, self._close = [self._close, *closes[:-1]], closes[-1]
        returns = [math.log(close / last) for close, last in zip(closes, before, strict=True)]
        columns = opens, highs, lows, closes, volumes, returns
        values = self._handles.push(columns, ("atr_10", "deviation_20", "deviation_100"))
        self._patterns.push(columns)
        weights = [
            (high + low + close) / 3.0 * volume
            for high, low, close, volume in zip(highs, lows, closes, volumes, strict=True)
        ]
        self._weighed.extend(zip(weights, volumes, strict=True))
        self._day.push(moments, weights, volumes)
        for ago in self._ago.values():
            ago.push(moments, closes)
        self._trend.push(before, zip(highs, lows, closes, strict=True), values["atr_10"])
        self._swings.push(highs, lows)
        self._regime.push(closes, adxs, values["deviation_20"], values["deviation_100"])

    def _vwap(self) -> float | None:
        weight = volume = 0.0
        for weighed, traded in self._weighed:
            weight += weighed
            volume += traded
        return weight / volume if len(self._weighed) == VWAP_BARS and volume > 0 else None


class _DayPrice:
    """The volume-weighted price since 00:00 UTC; None before something was traded."""

    def __init__(self, timeframe: Timeframe) -> None:
        self._bar_s = timeframe.seconds
        self._weight = self._volume = self._day = 0.0

    def push(self, moments: list[float], weights: list[float], volumes: list[float]) -> None:
        for moment, weight, volume in zip(moments, weights, volumes, strict=True):
            day = (moment - self._bar_s) // DAY_S
            if day != self._day:
                self._day, self._weight, self._volume = day, 0.0, 0.0
            self._weight += weight
            self._volume += volume

    @property
    def price(self) -> float | None:
        return self._weight / self._volume if self._volume > 0 and self._bar_s < DAY_S else None


class _Ago:
    """The last close that was known some seconds before the last bar; unknown on bars that are longer than that."""

    def __init__(self, span_s: int, timeframe: Timeframe) -> None:
        self._span_s = span_s
        self._closes: deque[tuple[float, float]] = deque()
        self._is_told = timeframe.seconds <= span_s
        self._cutoff = 0.0

    def push(self, moments: list[float], last: list[float]) -> None:
        if self._is_told:
            closes, cutoff = self._closes, moments[-1] - self._span_s
            closes.extend(zip(moments, last, strict=True))
            if len(closes) > 1:
                while closes[1][0] <= cutoff:  # the newest one is not, so one is always left
                    closes.popleft()
            self._cutoff = cutoff

    def log_return(self, close: float) -> float | None:
        if not self._closes or self._closes[0][0] > self._cutoff:
            return None
        return math.log(close / self._closes[0][1])


class _Supertrend:
    """The line and the direction of Supertrend; None while the true range is unknown."""

    def __init__(self) -> None:
        self._bands: tuple[float, float, bool] | None = None

    def push(self, before: list[float], bars: Iterable[tuple[float, float, float]], atrs: list[float | None]) -> None:
        """`before`: the close before each bar; `bars`: high, low and close of each."""
        bands = self._bands
        for last, bar, atr in zip(before, bars, atrs, strict=True):
            if atr is not None:
                upper, lower, rising = bands or (0.0, 0.0, False)
                bands = supertrend_step(bands is not None, upper, lower, rising, last, bar, atr)
        self._bands = bands

    @property
    def line(self) -> float | None:
        return None if self._bands is None else self._bands[1 if self._bands[2] else 0]

    @property
    def rising(self) -> bool | None:
        return None if self._bands is None else self._bands[2]


class _Swings:
    """The prices of the last swings that are confirmed."""

    def __init__(self) -> None:
        self._highs: list[float] = []
        self._lows: list[float] = []
        self._prices: deque[float] = deque(maxlen=SWINGS_KEPT)

    def push(self, new_highs: list[float], new_lows: list[float]) -> None:
        highs, lows = self._highs + new_highs, self._lows + new_lows
        for at in range(SWING_BARS, len(highs) - SWING_BARS):
            if is_swing_high(highs, at):
                self._prices.append(highs[at])
            if is_swing_low(lows, at):
                self._prices.append(lows[at])
        self._highs, self._lows = highs[-2 * SWING_BARS :], lows[-2 * SWING_BARS :]

    def levels(self, close: float, atr: float | None) -> dict[str, Any]:
        if not atr:
            return {}
        found: dict[str, Any] = {}
        swings = sorted(self._prices)
        below = below_of(swings, len(swings), close)
        for name, at, sign in (("support", below - 1, 1.0), ("resistance", below, -1.0)):
            if 0 <= at < len(swings):
                found[name] = swings[at]
                found[f"{name}_touches"] = touches_of(swings, len(swings), at, TOUCH_ATR * atr)
                found[f"{name}_distance_atr"] = sign * (close - swings[at]) / atr
        return found


class _RegimeLatch:
    """The regime, which remembers what it was; None while the long volatility is unknown."""

    def __init__(self) -> None:
        self._closes: deque[float] = deque(maxlen=SHORT + 1)
        self._latches = False, False, False
        self.now: Regime | None = None

    def push(
        self, closes: list[float], adxs: list[float], shorts: list[float | None], longs: list[float | None]
    ) -> None:
        """`shorts`, `longs`: standard deviations of log returns, dividing by n."""
        latches, known = self._latches, False
        for close, adx, short, long in zip(closes, adxs, shorts, longs, strict=True):
            self._closes.append(close)
            if short is not None and long is not None:
                stress, fall = strain(short, long, math.log(close / self._closes[0]))
                latches, known = regime_step(latches, adx, stress, fall), True
        if known:
            self._latches, self.now = latches, regime_of(latches)


def strain(short: float, long: float, moved: float) -> tuple[float, float]:
    """Short over long volatility, and the move of the short window in long deviations of as many bars; 0 in a dead market.

    `short`, `long`: standard deviations of log returns, dividing by n; `moved`: log return of the short window.
    """
    if not long > 0:
        return 0.0, 0.0
    deviation = long * SAMPLE[LONG]
    return short * SAMPLE[SHORT] / deviation, moved / (deviation * math.sqrt(SHORT))


def regime_of(latches: tuple[bool, bool, bool]) -> Regime:
    """The regime of these latches: the first that holds of crash, turbulent and trend, else range."""
    crash, turbulent, trend = latches
    if crash:
        return Regime.CRASH
    if turbulent:
        return Regime.TURBULENT
    return Regime.TREND if trend else Regime.RANGE


def _keltner(middle: float | None, atr: float | None) -> dict[str, Any]:
    if middle is None or atr is None:
        return {}
    width = KELTNER_ATR * atr
    return {"keltner_upper": middle + width, "keltner_middle": middle, "keltner_lower": middle - width}
