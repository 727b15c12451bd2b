"""Columns of closed bars: as the source delivered them (`RawCandles`), and validated (`Candles`).

A year of hourly bars is 8,760 rows of six numbers: 420 kB as columns, twenty times that as objects. Raw columns are in order
and on the grid, but a row may hold a bad print: the quality monitor checks it when the session reaches that bar, as it does
live. Validated columns hold no bad row: `Candles.validated` refuses one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from config.clock import from_ms, to_ms
from config.errors import DataFault
from market.bar import Bar, Finding
from market.timeframe import Timeframe

Floats = NDArray[np.float64]
Millis = NDArray[np.int64]

_MONDAY_MS = 4 * 86_400_000  # 1970-01-05, the first Monday: every grid has a point there


def grid_phase(ms: Millis, timeframe: Timeframe) -> Millis:
    """Time of each moment since the open of its bar, shape (n,), int64 [ms]; 0 on the grid.

    `ms` has shape (n,), int64 [ms since 1970 UTC].
    """
    return (ms - _MONDAY_MS) % (timeframe.seconds * 1000)


@dataclass(frozen=True, slots=True, eq=False)
class RawCandles:
    """Bars as columns of shape (n,), oldest first. `close_ms` is int64 [ms since 1970 UTC] and strictly increasing.

    Prices [quote] and volume [base] are float64; rows may be bad. `findings` lists the problems that the reader found.
    """

    symbol: str
    timeframe: Timeframe
    close_ms: Millis
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.close_ms)

    @property
    def columns(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Open, high, low, close [quote] and volume [base], each of shape (n,), float64."""
        return self.open, self.high, self.low, self.close, self.volume

    def sound(self) -> NDArray[np.bool_]:
        """Whether each row is finite, positive and in order (low <= open, close <= high), shape (n,), bool."""
        body_low, body_high = np.minimum(self.open, self.close), np.maximum(self.open, self.close)
        finite = np.isfinite(np.stack(self.columns)).all(axis=0)
        in_order = (self.low > 0) & (self.low <= body_low) & (body_high <= self.high) & (self.volume >= 0)
        return np.asarray(finite & in_order)


class Candles(RawCandles):
    """Columns in which every row is a valid closed bar on the grid. Build them with `validated`."""

    __slots__ = ()

    @classmethod
    def validated(
        cls,
        symbol: str,
        timeframe: Timeframe,
        close_ms: Millis,
        open: Floats,
        high: Floats,
        low: Floats,
        close: Floats,
        volume: Floats,
    ) -> Self:
        """Check the columns and make them read-only.

        All columns have shape (n,): `close_ms` int64 [ms since 1970 UTC], prices float64 [quote], `volume` float64 [base].
        Raises DataFault for a wrong shape or type, for times out of order or off the grid, and for a row that is not
        finite, positive and in order.
        """
        candles = cls(symbol, timeframe, close_ms, open, high, low, close, volume)
        problem = _shape_problem(candles) or _time_problem(candles) or _price_problem(candles)
        if problem:
            raise DataFault(f"The {timeframe} bars of {symbol} were refused: {problem}. Give corrected data.")
        for column in (close_ms, *candles.columns):
            column.flags.writeable = False
        return candles

    def bar(self, i: int) -> Bar:
        """The bar in row `i`. Raises IndexError when there is no such row."""
        return Bar(
            symbol=self.symbol,
            timeframe=self.timeframe,
            close_utc=from_ms(int(self.close_ms[i])),
            open=float(self.open[i]),
            high=float(self.high[i]),
            low=float(self.low[i]),
            close=float(self.close[i]),
            volume=float(self.volume[i]),
        )

    def between(self, start: datetime, end: datetime) -> Self:
        """The bars that close after `start` and not after `end` (views, no copies)."""
        first, last = np.searchsorted(self.close_ms, [to_ms(start), to_ms(end)], side="right")
        rows = slice(int(first), int(last))
        return type(self)(
            self.symbol,
            self.timeframe,
            self.close_ms[rows],
            self.open[rows],
            self.high[rows],
            self.low[rows],
            self.close[rows],
            self.volume[rows],
        )


def _shape_problem(candles: RawCandles) -> str | None:
    if candles.close_ms.dtype != np.int64 or any(column.dtype != np.float64 for column in candles.columns):
        return "times must be int64 and prices and volumes float64"
    if candles.close_ms.ndim != 1 or any(column.shape != candles.close_ms.shape for column in candles.columns):
        return "the columns differ in length or are not one-dimensional"
    return None


def _time_problem(candles: RawCandles) -> str | None:
    if (np.diff(candles.close_ms) <= 0).any():
        return "their times are not strictly increasing"
    if grid_phase(candles.close_ms, candles.timeframe).any():
        return f"a bar does not close on the {candles.timeframe} grid"
    return None


def _price_problem(candles: RawCandles) -> str | None:
    bad = np.flatnonzero(~candles.sound())
    if not len(bad):
        return None
    at = from_ms(int(candles.close_ms[bad[0]])).isoformat()
    return f"{len(bad)} of {len(candles)} rows are not finite, positive and in order, the first closes at {at}"
