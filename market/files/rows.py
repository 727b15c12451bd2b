"""Sorts the rows of a market file and converts them to the requested timeframe.

It reverses a file with the newest row first. It keeps one of several copies of a bar that agree, and refuses all copies that
contradict each other, because nothing shows which is true. Each of these changes adds a finding. With more than one bad row in
twenty it refuses the whole file.
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from config.clock import from_ms
from config.errors import DataFault
from market.bar import Finding
from market.candles import Candles, Floats, Millis, RawCandles, grid_phase
from market.resample import resample
from market.timeframe import Timeframe

_MAX_BAD = 0.05
_SAME_BAR = 1e-3  # relative difference below which two copies of a bar differ only by rounding


class Rows(NamedTuple):
    """Columns of shape (n,), float64, in the order of the file. `open_ms` [ms since 1970 UTC] is NaN in a row without a time."""

    open_ms: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def take(self, chosen: "NDArray[np.bool_] | NDArray[np.intp]") -> Self:
        """The chosen rows: `chosen` is a mask of shape (n,), bool, or row numbers of shape (m,), intp."""
        return type(self)(*(column[chosen] for column in self))


def ordered(rows: Rows, symbol: str, file_name: str) -> RawCandles:
    """Sort rows into columns on the grid of their bar length, which is the median distance between rows.

    Raises DataFault when that length is not a timeframe, or when more than 5 % of the rows are bad: without a time, off the
    grid, out of order, in contradiction to a copy, not finite, not positive, or with prices outside high and low.
    """
    given = len(rows.open_ms)
    bad = _Bad(symbol, file_name, given)
    rows = rows.take(bad.drop(np.isfinite(rows.open_ms), rows, "non_finite", "have no time that can be read"))
    rows = rows.take(_in_time_order(rows, bad))
    rows = rows.take(_one_each(rows, bad))
    timeframe = _bar_length(rows, symbol, file_name)
    phase = grid_phase(rows.open_ms.astype(np.int64), timeframe)
    _refuse_other_grid(phase, rows, timeframe, symbol, file_name)
    rows = rows.take(bad.drop(phase == 0, rows, "disorder", f"do not open on the {timeframe} grid"))
    close_ms = rows.open_ms.astype(np.int64) + timeframe.seconds * 1000
    candles = RawCandles(symbol, timeframe, close_ms, *rows[1:], findings=tuple(bad.findings))
    bad.rows += int((~candles.sound()).sum())
    bad.refuse_if_many()
    return candles


def in_timeframe(candles: RawCandles, timeframe: Timeframe, path: PurePath) -> RawCandles:
    """The same bars in `timeframe`: unchanged, or resampled from their valid rows. Raises DataFault when they are coarser.

    Resampling leaves out invalid rows, and coarse bars with fewer than half of their fine bars. Each adds a finding.
    """
    if candles.timeframe is timeframe:
        return candles
    if candles.timeframe.seconds > timeframe.seconds:
        raise DataFault(
            f"{path.name} holds {candles.timeframe} bars, but {timeframe} bars are requested: finer bars cannot be made from "
            f"coarser ones. Nothing was started; give finer data or --timeframe {candles.timeframe}."
        )
    bad = _Bad(candles.symbol, path.name, len(candles))
    fine = _sound(candles, timeframe, bad)
    coarse = resample(fine, timeframe)
    whole = _half_full(fine, coarse, bad)
    rows = Rows(coarse.close_ms.astype(np.float64), *coarse.columns).take(whole)
    findings = (*candles.findings, *bad.findings)
    return RawCandles(candles.symbol, timeframe, coarse.close_ms[whole], *rows[1:], findings=findings)


def joined(parts: Sequence[RawCandles], timeframe: Timeframe) -> RawCandles:
    """Join the bars of one symbol from several files in order. Raises DataFault when more than 5 % contradict each other."""
    if len(parts) == 1:
        return parts[0]
    symbol = parts[0].symbol
    open_ms = np.concatenate([part.close_ms for part in parts]).astype(np.float64) - timeframe.seconds * 1000
    columns = (np.concatenate(column) for column in zip(*(part.columns for part in parts), strict=True))
    rows = Rows(open_ms, *columns)
    rows = rows.take(np.argsort(rows.open_ms, kind="stable"))
    bad = _Bad(symbol, "the files together", len(open_ms))
    rows = rows.take(_one_each(rows, bad))
    bad.refuse_if_many()
    findings = tuple(finding for part in parts for finding in part.findings) + tuple(bad.findings)
    return RawCandles(
        symbol, timeframe, rows.open_ms.astype(np.int64) + timeframe.seconds * 1000, *rows[1:], findings=findings
    )


def _sound(candles: RawCandles, timeframe: Timeframe, bad: "_Bad") -> Candles:
    sound, length_ms = candles.sound(), candles.timeframe.seconds * 1000
    if lost := int((~sound).sum()):
        what = f"{lost} of {len(sound)} rows are not finite, positive and in order: left out of the {timeframe} bars"
        bad.note((candles.close_ms[~sound] - length_ms).astype(np.float64), "inconsistent", what)
    columns = (column[sound] for column in candles.columns)
    return Candles.validated(candles.symbol, candles.timeframe, candles.close_ms[sound], *columns)


def _half_full(fine: Candles, coarse: Candles, bad: "_Bad") -> NDArray[np.bool_]:
    """Whether at least half of the fine bars of each coarse bar are present, shape (n_coarse,), bool."""
    begins = coarse.close_ms - coarse.timeframe.seconds * 1000
    first, after = (np.searchsorted(fine.close_ms, moments, side="right") for moments in (begins, coarse.close_ms))
    enough = 2 * (after - first) * fine.timeframe.seconds >= coarse.timeframe.seconds
    if lost := int((~enough).sum()):
        what = f"{lost} {coarse.timeframe} bars have fewer than half of their {fine.timeframe} bars: left out"
        bad.note(begins[~enough].astype(np.float64), "gap", what)
    return np.asarray(enough)


class _Bad:
    """Counts the bad rows of one symbol and file, and records what was done about them."""

    def __init__(self, symbol: str, file_name: str, given: int) -> None:
        self.symbol, self.file_name, self.given = symbol, file_name, given
        self.rows = 0
        self.findings: list[Finding] = []

    def drop(self, good: NDArray[np.bool_], rows: Rows, kind: str, what: str) -> NDArray[np.bool_]:
        """Count the rows that are not `good` as bad and add a finding that they were refused."""
        dropped = int((~good).sum())
        if dropped:
            self.rows += dropped
            self.refuse_if_many()
            self.note(rows.open_ms[~good], kind, f"{dropped} of {self.given} rows {what}: refused")
        return good

    def note(self, open_ms: Floats, kind: str, detail: str) -> None:
        """Add a finding with the earliest of these times (1970 when there is none)."""
        at = from_ms(int(np.nanmin(open_ms)) if np.isfinite(open_ms).any() else 0)
        self.findings.append(Finding(symbol=self.symbol, at_utc=at, kind=kind, detail=f"{self.file_name}: {detail}"))

    def refuse_if_many(self) -> None:
        """Raise DataFault when the share of bad rows is above the limit."""
        if self.rows > _MAX_BAD * self.given:
            raise DataFault(
                f"{self.rows} of the {self.given} rows of {self.symbol} in {self.file_name} are bad (no time, no "
                "finite positive prices, out of order or in contradiction): the file was refused; correct them, or "
                "download it again."
            )


def _in_time_order(rows: Rows, bad: _Bad) -> "NDArray[np.intp]":
    steps = np.diff(rows.open_ms)
    backward = int((steps < 0).sum())
    if backward and (steps <= 0).all():
        bad.note(rows.open_ms, "disorder", "the newest row comes first: turned round")
    elif backward:
        bad.rows += backward
        bad.refuse_if_many()
        bad.note(rows.open_ms[1:][steps < 0], "disorder", f"{backward} rows are older than the one before: sorted")
    return np.argsort(rows.open_ms, kind="stable")


def _one_each(rows: Rows, bad: _Bad) -> NDArray[np.bool_]:
    """Which rows to keep: the first of several copies that agree, and none of those that do not. `rows` are sorted."""
    new = np.diff(rows.open_ms, prepend=-1.0) > 0
    if new.all():
        return new
    group = np.cumsum(new) - 1
    prices = np.stack(rows[1:5])
    first = np.flatnonzero(new)
    high, low = np.maximum.reduceat(prices, first, axis=1), np.minimum.reduceat(prices, first, axis=1)
    agree = ((high - low) <= _SAME_BAR * np.abs(low)).all(axis=0)
    copied = np.bincount(group) > 1
    contradicting = copied & ~agree
    copies = int((~new & ~contradicting[group]).sum())
    if copies:
        bad.note(rows.open_ms[~new], "duplicate", f"{copies} rows repeat a bar: counted once")
    bad.drop(~contradicting[group], rows, "duplicate", "contradict another row of the same time")
    return np.asarray(new & ~contradicting[group])


def _refuse_other_grid(phase: Millis, rows: Rows, timeframe: Timeframe, symbol: str, file_name: str) -> None:
    """Raise DataFault when more than 5 % of the bars open beside the grid: they are bars of other hours, and no bad rows."""
    off = phase != 0
    if off.sum() <= _MAX_BAD * len(phase):
        return
    first = from_ms(int(rows.open_ms[off.argmax()]))
    grid = {Timeframe.D1: "at 00:00 UTC", Timeframe.W1: "on Mondays at 00:00 UTC"}.get(
        timeframe, f"at multiples of {timeframe} after 00:00 UTC"
    )
    raise DataFault(
        f"{int(off.sum())} of {len(off)} {timeframe} bars of {symbol} in {file_name} do not open on the {timeframe} "
        "grid: the first "
        f"opens at {first:%Y-%m-%d %H:%M:%S} UTC, and bars that open {grid} were expected. The file was refused, "
        "because bars of other "
        f"hours are other bars. Give finer bars with --timeframe {timeframe}, which are joined on the grid; or name "
        "the zone of the "
        "file's clock with --tz, or the convention of its times with --stamps, if they are not UTC and the open."
    )


def _bar_length(rows: Rows, symbol: str, file_name: str) -> Timeframe:
    spacings_s = np.diff(rows.open_ms) / 1000
    if not len(spacings_s):
        raise DataFault(
            f"{file_name} holds one row of {symbol}, so the length of its bars is not known: it was refused; give more bars."
        )
    median_s = float(np.median(spacings_s))
    for timeframe in Timeframe:
        if timeframe.seconds == median_s:
            return timeframe
    raise DataFault(
        f"The bars of {symbol} in {file_name} are {median_s:,.0f} s apart, which is not one of "
        f"{', '.join(Timeframe)}: the file was refused; resample it to one of these."
    )
