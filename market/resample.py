"""Builds coarser closed bars from closed bars. It never returns a bar that is still forming.

A coarse bar begins when its first fine bar opens on the coarse grid. A first coarse bar that begins in the middle is dropped.
A coarse bar with missing fine bars is kept, because the market did trade in it. Its last fine bar closes it or, when that one
is missing, the first bar after it.
"""

import math
from datetime import datetime

import numpy as np

from market.bar import Bar
from market.candles import Candles, grid_phase
from market.timeframe import Timeframe


def resample(candles: Candles, to: Timeframe) -> Candles:
    """All coarse bars that have closed by the end of `candles`. Raises ValueError when `to` is not coarser."""
    _check(candles.timeframe, to)
    if not len(candles):
        return Candles.validated(candles.symbol, to, candles.close_ms, *candles.columns)
    open_ms = candles.close_ms - candles.timeframe.seconds * 1000
    begins = open_ms - grid_phase(open_ms, to)
    first = np.flatnonzero(np.diff(begins, prepend=begins[0] - 1))
    last = np.append(first[1:], len(begins)) - 1
    close_ms = begins[first] + to.seconds * 1000
    kept = np.ones(len(first), dtype=bool)
    kept[0] = open_ms[0] == begins[0]
    kept[-1] &= candles.close_ms[-1] == close_ms[-1]
    # bincount adds in order, as Resampler does, so that both give the same volumes to the last bit
    volume = np.bincount(np.repeat(np.arange(len(first)), last - first + 1), weights=candles.volume)
    high, low = np.maximum.reduceat(candles.high, first), np.minimum.reduceat(candles.low, first)
    return Candles.validated(
        candles.symbol,
        to,
        close_ms[kept],
        candles.open[first][kept],
        high[kept],
        low[kept],
        candles.close[last][kept],
        np.asarray(volume[kept], dtype=np.float64),
    )


class Resampler:
    """Resamples one bar at a time, with the same result as `resample`."""

    def __init__(self, timeframe_from: Timeframe, timeframe_to: Timeframe) -> None:
        _check(timeframe_from, timeframe_to)
        self._finer = timeframe_from
        self._coarser = timeframe_to
        self._last: datetime | None = None
        self._forming: _Forming | None = None

    def push(self, bar: Bar) -> tuple[Bar, ...]:
        """Take one closed fine bar and return the coarse bars that it closes, oldest first (mostly none, at most two).

        Raises ValueError when the bar is of another timeframe or not newer than the last one.
        """
        if bar.timeframe is not self._finer:
            raise ValueError(f"expected a {self._finer} bar, got {bar.timeframe}")
        return self.take(bar)

    def take(self, bar: Bar) -> tuple[Bar, ...]:
        """As `push`, for a bar of any timeframe that fits into the coarse one: the days of a past, then the bars of a session.

        Raises ValueError when the bar is not newer than the last one.
        """
        close_utc = bar.close_utc
        if self._last is not None and close_utc <= self._last:
            raise ValueError(f"the bar of {close_utc.isoformat()} is not newer than the last one")
        closed: tuple[Bar, ...] = ()
        forming = self._forming
        if forming is not None and close_utc <= forming.ends:
            forming.grow(bar)
        else:
            closed = self._close()
            begins = self._coarser.floor(bar.open_utc)
            whole = self._last is not None or begins == bar.open_utc
            forming = self._forming = _Forming(begins + self._coarser.duration, whole, bar)
        self._last = close_utc
        return closed + self._close() if close_utc == forming.ends else closed

    def _close(self) -> tuple[Bar, ...]:
        forming, self._forming = self._forming, None
        return (forming.bar(self._coarser),) if forming is not None and forming.whole else ()


class _Forming:
    """A coarse bar that is not closed yet."""

    __slots__ = ("close", "ends", "high", "low", "open", "symbol", "volume", "whole")

    def __init__(self, ends: datetime, whole: bool, bar: Bar) -> None:
        self.symbol, self.ends, self.whole = bar.symbol, ends, whole
        self.open, self.high, self.low, self.close, self.volume = bar.open, bar.high, bar.low, bar.close, bar.volume

    def grow(self, bar: Bar) -> None:
        high, low = bar.high, bar.low
        if high > self.high:
            self.high = high
        if low < self.low:
            self.low = low
        self.close = bar.close
        self.volume += bar.volume

    def bar(self, timeframe: Timeframe) -> Bar:
        checked = math.isfinite(self.volume)  # all else has come from bars as it is
        return (Bar.of_ours if checked else Bar)(
            symbol=self.symbol,
            timeframe=timeframe,
            close_utc=self.ends,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            volume=self.volume,
        )


def _check(finer: Timeframe, coarser: Timeframe) -> None:
    if coarser.seconds <= finer.seconds or coarser.seconds % finer.seconds:
        raise ValueError(f"{finer} bars cannot be made into {coarser} bars")
