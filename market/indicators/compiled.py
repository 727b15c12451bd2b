"""The loops over all bars behind `batch.py`, compiled. It has its own file because importing it imports numba.

They compile the steps of `recursions.py`, which the stream runs in Python, and add in the order in which the stream adds. They
check no input: their only caller does. NaN stands for a value that is not known.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

from market.indicators import recursions
from market.indicators.machine_code import kept

F = TypeVar("F", bound=Callable[..., Any])

OUT = (
    "vwap_day", "vwap_20", "volume_ratio_20", "realized_volatility", "supertrend", "supertrend_rising", "support",
    "support_touches", "support_distance_atr", "resistance", "resistance_touches", "resistance_distance_atr", "regime",
    "return_1d", "return_7d", "return_30d",
)  # fmt: skip
"""The rows that `walk` fills. `regime` is the place of the regime in `Regime`, `supertrend_rising` 1 or 0; the returns are ratios
of closes."""
_WINDOW, _VOLATILITY = 20, 24
_CHUNK = 1024
_KEPT, _SWING, _TOUCH = recursions.SWINGS_KEPT, recursions.SWING_BARS, recursions.TOUCH_ATR
_CRASH, _TURBULENT, _TREND, _RANGE = 3.0, 2.0, 0.0, 1.0


def _inner(function: F) -> F:
    """A function in machine code, for use inside `walk`."""
    return cast(F, njit(error_model="numpy", nogil=True)(function))


_supertrend_step = _inner(recursions.supertrend_step)
_is_swing_high, _is_swing_low = _inner(recursions.is_swing_high), _inner(recursions.is_swing_low)
_below_of, _touches_of = _inner(recursions.below_of), _inner(recursions.touches_of)
_regime_step = _inner(recursions.regime_step)


@_inner
def _window_sums(values: Any, bars: int, out: Any) -> None:
    """`out[t]`: the sum of the last `bars` values, added oldest first. Neighbours are added side by side, which is faster."""
    for begin in range(bars - 1, len(values), _CHUNK):
        end = min(begin + _CHUNK, len(values))
        sums = out[begin:end]
        sums[:] = 0.0
        for i in range(bars - 1, -1, -1):
            ago = values[begin - i : end - i]
            for t in range(len(sums)):
                sums[t] += ago[t]


@_inner
def _window_squares(values: Any, means: Any, bars: int, out: Any) -> None:
    """`out[t]`: the sum of the squared distances of the last `bars` values from `means[t]`, added oldest first."""
    for begin in range(bars - 1, len(values), _CHUNK):
        end = min(begin + _CHUNK, len(values))
        sums, middle = out[begin:end], means[begin:end]
        sums[:] = 0.0
        for i in range(bars - 1, -1, -1):
            ago = values[begin - i : end - i]
            for t in range(len(sums)):
                sums[t] += (ago[t] - middle[t]) * (ago[t] - middle[t])


@_inner
def _prices(days: Any, bars: Any, by_day: Any, of_20: Any, ratio: Any) -> None:
    """Volume-weighted prices of the day and of 20 bars, and the volume against that of the 20 bars before."""
    _, high, low, close, volume = bars
    n = len(close)
    weights, weighed, traded = np.empty(n), np.empty(n), np.empty(n)
    day_weight = day_volume = 0.0
    for t in range(n):
        weights[t] = (high[t] + low[t] + close[t]) / 3.0 * volume[t]
        if t == 0 or days[t] != days[t - 1]:
            day_weight = day_volume = 0.0
        day_weight += weights[t]
        day_volume += volume[t]
        if day_volume > 0:
            by_day[t] = day_weight / day_volume
    _window_sums(weights, _WINDOW, weighed)
    _window_sums(volume, _WINDOW, traded)
    for t in range(_WINDOW - 1, n):
        if traded[t] > 0:
            of_20[t] = weighed[t] / traded[t]
        if t + 1 < n and traded[t] / _WINDOW > 0:
            ratio[t + 1] = volume[t + 1] / (traded[t] / _WINDOW)


@_inner
def _volatility(returns: Any, per_year: float, out: Any) -> None:
    """The annual volatility of the last 24 log returns. The first return is unknown."""
    n = len(returns)
    means, squares = np.empty(n), np.empty(n)
    _window_sums(returns, _VOLATILITY, means)
    means /= _VOLATILITY
    _window_squares(returns, means, _VOLATILITY, squares)
    for t in range(_VOLATILITY, n):
        out[t] = np.sqrt(squares[t] / (_VOLATILITY - 1) * per_year)


@_inner
def _trend(bars: Any, atr: Any, line: Any, rising: Any) -> None:
    """Supertrend: its line and its direction."""
    _, high, low, close, _ = bars
    begun, upper, lower, up = False, 0.0, 0.0, False
    for t in range(1, len(close)):
        if np.isnan(atr[t]):
            continue
        upper, lower, up = _supertrend_step(begun, upper, lower, up, close[t - 1], (high[t], low[t], close[t]), atr[t])
        begun = True
        line[t] = lower if up else upper
        rising[t] = 1.0 if up else 0.0


@_inner
def _remember(ring: Any, swings: Any, total: int, price: float) -> None:
    """Put a swing price into the ring, in the order of time, and into `swings`, in the order of prices; the oldest one goes."""
    known = min(total, _KEPT)
    if total >= _KEPT:
        at = 0
        while swings[at] != ring[total % _KEPT]:
            at += 1
        known -= 1
        for i in range(at, known):
            swings[i] = swings[i + 1]
    at = known
    while at > 0 and swings[at - 1] > price:
        swings[at] = swings[at - 1]
        at -= 1
    swings[at] = price
    ring[total % _KEPT] = price


@_inner
def _levels(bars: Any, atr: Any, out: Any) -> None:
    """Support and resistance: price, touches and distance of each. A swing is read when it is confirmed."""
    _, high, low, close, _ = bars
    ring, swings, total = np.empty(_KEPT), np.empty(_KEPT), 0
    for t in range(len(close)):
        middle = t - _SWING
        if middle >= _SWING:
            if _is_swing_high(high, middle):
                _remember(ring, swings, total, high[middle])
                total += 1
            if _is_swing_low(low, middle):
                _remember(ring, swings, total, low[middle])
                total += 1
        if not atr[t] > 0:
            continue
        known = min(total, _KEPT)
        below = _below_of(swings, known, close[t])
        if below > 0:
            out[0, t] = swings[below - 1]
            out[1, t] = _touches_of(swings, known, below - 1, _TOUCH * atr[t])
            out[2, t] = (close[t] - swings[below - 1]) / atr[t]
        if below < known:
            out[3, t] = swings[below]
            out[4, t] = _touches_of(swings, known, below, _TOUCH * atr[t])
            out[5, t] = -(close[t] - swings[below]) / atr[t]


@_inner
def _ago(close_ms: Any, close: Any, span_ms: int, out: Any) -> None:
    """The close over the last one that was known `span_ms` before, as a ratio."""
    at = 0
    for t in range(len(close)):
        while at < t and close_ms[at + 1] <= close_ms[t] - span_ms:
            at += 1
        if close_ms[at] <= close_ms[t] - span_ms:
            out[t] = close[t] / close[at]


@_inner
def _regimes(adx: Any, strains: Any, out: Any) -> None:
    """The regime of each bar whose strains are known."""
    latches = (False, False, False)
    for t in range(len(adx)):
        if np.isnan(strains[0, t]):
            continue
        latches = _regime_step(latches, adx[t], strains[0, t], strains[1, t])
        crash, turbulent, trend = latches
        out[t] = _CRASH if crash else _TURBULENT if turbulent else _TREND if trend else _RANGE


def _door(stamp: str) -> Callable[..., None]:
    """The function that Python calls. The stamp is in its closure, so a change of the steps compiles it again."""

    def walk(
        close_ms: Any, spans_ms: Any, days: Any, bars: Any, returns: Any, per_year: float, ranges: Any, adx: Any,
        strains: Any, out: Any,
    ) -> None:  # fmt: skip
        """Fill the rows of `OUT`, shape (16, n_bars), float64, which hold NaN.

        `close_ms`: shape (n_bars,), int64 [ms since 1970 UTC]. `spans_ms`: of the three returns, 0 for none, shape (3,), int64
        [ms]. `days`: day on which each bar opens, shape (n_bars,), int64. `bars`: open, high, low, close [quote] and volume
        [base], five arrays of shape (n_bars,), float64, as are `returns` [log return] and `adx` [0..100]. `ranges`: average
        true range of 10 and of 14 bars [quote]; `strains`: short over long volatility, and the fall; shape (2, n_bars), float64.
        """
        if stamp:
            _prices(days, bars, out[0], out[1], out[2])
            _volatility(returns, per_year, out[3])
            _trend(bars, ranges[0], out[4], out[5])
            _levels(bars, ranges[1], out[6:12])
            _regimes(adx, strains, out[12])
            for number in range(len(spans_ms)):
                if spans_ms[number] > 0:
                    _ago(close_ms, bars[3], spans_ms[number], out[13 + number])

    return kept(walk, error_model="numpy", nogil=True)


walk = _door(hashlib.sha256(Path(str(recursions.__file__)).read_bytes()).hexdigest())
