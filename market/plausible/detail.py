"""Finer bars inside the bars of a session: the checks that they must pass, and the steps in which a bar is processed.

When a bar touches a stop and a target, finer bars show which came first. Without them the venue assumes the order open, low,
high, close. The finer bars of a bar are used only when all of them are present and valid and when their open, high, low, close
and volume agree with the bar. Otherwise the bar is processed as a whole, with one trailing stop for all of it.

The mark prices of a perpetual are those of the whole bar. In a finer bar the traded price stands for them, held within the marks
of the bar; where the traded price is at its lowest or highest, so is the mark. The first one opens and the last one closes at the
marks of the bar, so that funding and the next bar meet the same price with finer bars and without.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from config.clock import from_ms
from market.bar import Bar, Detail, Finding, FundingRate, MarkBar, Part, Prices, Slice
from market.candles import Floats, Millis, RawCandles
from market.timeframe import Timeframe

TOLERANCE = 1e-4
"""Largest relative difference between open, high, low and close of the finer bars together and those of their bar."""

VOLUME_TOLERANCE = 0.01
"""The same for volume. Volume limits how much can be traded, so that of another unit or venue must not be used."""


@dataclass(frozen=True, slots=True, eq=False)
class FineBars:
    """Finer bars of one symbol, and the bars in which they can be used.

    `closes_ms`, shape (n,), int64 [ms since 1970 UTC], rising: the closes of those bars. `first`, shape (n,), intp: the row
    of `candles` at which each of them begins. `parts`: the number of finer bars in one bar.
    """

    candles: RawCandles
    parts: int
    closes_ms: Millis
    first: NDArray[np.intp]

    def inside(self, close_ms: int) -> tuple[Prices, ...] | None:
        """The finer bars inside the bar that closes at `close_ms`, oldest first; None when they cannot be used."""
        place = int(np.searchsorted(self.closes_ms, close_ms))
        if place == len(self.closes_ms) or self.closes_ms[place] != close_ms:
            return None
        begin = int(self.first[place])
        columns = (column[begin : begin + self.parts].tolist() for column in self.candles.columns)
        return tuple(zip(*columns, strict=True))


class Checked(NamedTuple):
    """The finer bars that can be used, and findings about the others."""

    bars: FineBars
    findings: tuple[Finding, ...]


def checked(base: RawCandles, fine: RawCandles, start_ms: int, end_ms: int) -> Checked:
    """Compare finer bars with the bars that close after `start_ms` and not after `end_ms` [ms since 1970 UTC]."""
    step_ms, parts = base.timeframe.seconds * 1000, base.timeframe.seconds // fine.timeframe.seconds
    rows = np.flatnonzero((base.close_ms > start_ms) & (base.close_ms <= end_ms))
    closes = base.close_ms[rows]
    first = np.searchsorted(fine.close_ms, closes - step_ms, side="right")
    after = np.searchsorted(fine.close_ms, closes, side="right")
    sound = np.append(0, np.cumsum(fine.sound()))
    whole = (after - first == parts) & (sound[after] - sound[first] == parts)
    same = whole.copy()
    same[whole] = _agree(base, rows[whole], fine, first[whole], parts)
    what = f"of {len(closes)} bars of {base.timeframe}: they are walked as a whole"
    lacking, other = closes[~whole], closes[whole & ~same]
    findings = (
        *_noted(
            base, lacking, "detail_gap", f"{fine.timeframe} bars are missing or unsound inside {len(lacking)} {what}"
        ),
        *_noted(
            base,
            other,
            "detail_differs",
            f"{fine.timeframe} bars differ by more than {TOLERANCE:.2%}, or {VOLUME_TOLERANCE:.0%} in volume, from "
            f"{len(other)} {what}",
        ),
    )
    return Checked(FineBars(fine, parts, closes[same], first[same]), findings)


class Step(NamedTuple):
    """What the venue processes at once: the bars at their open, the same bars after it, and which of them are finer bars."""

    opening: Slice
    rest: Slice
    fine: Mapping[str, Bar]

    @classmethod
    def whole(cls, shown: Slice) -> Self:
        """The step of a slice without finer bars."""
        return cls(shown, shown, {})


def narrowed(shown: Slice, symbols: Collection[str]) -> Slice:
    """The same slice with the finer bars of these symbols only. Those of other symbols would change nothing."""
    if shown.detail is None:
        return shown
    kept = {symbol: rows for symbol, rows in shown.detail.bars.items() if symbol in symbols}
    detail = shown.detail.model_copy(update={"bars": kept}) if kept else None
    return shown.model_copy(update={"detail": detail})


def steps_of(shown: Slice) -> tuple[Step, ...]:
    """The steps in which a slice is processed: one, or one for each finer bar.

    A bar without finer bars opens in the first step; its high, low and close belong to the last step.
    """
    detail = shown.detail
    if detail is None:
        return (Step.whole(shown),)
    coarse = {symbol: bar for symbol, bar in shown.bars.items() if symbol not in detail.bars}
    parts = len(next(iter(detail.bars.values())))
    marks = {symbol: _marks(shown.marks[symbol], rows) for symbol, rows in detail.bars.items() if symbol in shown.marks}
    whole = {symbol: mark for symbol, mark in shown.marks.items() if symbol not in detail.bars}
    steps = []
    for number in range(1, parts + 1):
        close = shown.close_utc - (parts - number) * detail.timeframe.duration
        fine = {symbol: _bar(symbol, detail.timeframe, close, rows[number - 1]) for symbol, rows in detail.bars.items()}
        inside = {symbol: rows[number - 1] for symbol, rows in marks.items()}
        alone = Part(close_utc=close, bars=fine, number=number, marks=inside)
        beside = alone.model_copy(
            update={
                "bars": _in_order(shown, fine | coarse),
                "doubtful": shown.doubtful,
                "marks": inside | whole,
            }
        )
        opening = (beside if number == 1 else alone).model_copy(
            update={"funding": _due(shown, detail, close, number == 1)}
        )
        steps.append(Step(opening, beside if number == parts else alone, fine))
    return tuple(steps)


def _marks(mark: MarkBar, rows: Sequence[Prices]) -> tuple[MarkBar, ...]:
    """The mark prices in the finer bars of one bar."""
    lowest = min(range(len(rows)), key=lambda number: rows[number][2])
    highest = max(range(len(rows)), key=lambda number: rows[number][1])
    found = []
    for number, row in enumerate(rows):
        open_, high, low, close = (min(max(price, mark.low), mark.high) for price in row[:4])
        open_, close = mark.open if number == 0 else open_, mark.close if number == len(rows) - 1 else close
        high, low = mark.high if number == highest else high, mark.low if number == lowest else low
        high, low = max(high, open_, close), min(low, open_, close)
        found.append(MarkBar(open=open_, high=high, low=low, close=close))
    return tuple(found)


def _due(shown: Slice, detail: Detail, close: datetime, is_first: bool) -> tuple[FundingRate, ...]:
    """The funding that is due in a part. The first part also has all funding of the markets without finer bars."""
    begin = close - detail.timeframe.duration
    return tuple(
        due for due in shown.funding if (begin <= due.at_utc < close if due.symbol in detail.bars else is_first)
    )


def _in_order(shown: Slice, bars: dict[str, Bar]) -> dict[str, Bar]:
    return {symbol: bars[symbol] for symbol in shown.bars}


def _bar(symbol: str, timeframe: Timeframe, close: datetime, prices: Prices) -> Bar:
    open_, high, low, end, volume = prices
    return Bar(
        symbol=symbol, timeframe=timeframe, close_utc=close, open=open_, high=high, low=low, close=end, volume=volume
    )


def _agree(
    base: RawCandles, rows: NDArray[np.intp], fine: RawCandles, first: NDArray[np.intp], parts: int
) -> NDArray[np.bool_]:
    """Whether the finer bars of each bar agree with it in open, high, low, close and volume, shape (n,), bool."""
    inside = first[:, None] + np.arange(parts)
    made = (
        (base.open, fine.open[first]),
        (base.high, fine.high[inside].max(axis=1, initial=0.0)),
        (base.low, fine.low[inside].min(axis=1, initial=np.inf)),
        (base.close, fine.close[first + parts - 1]),
    )
    traded = _near(fine.volume[inside].sum(axis=1), base.volume[rows], VOLUME_TOLERANCE)
    return np.asarray(np.logical_and.reduce([traded, *(_near(theirs, column[rows]) for column, theirs in made)]))


def _near(one: Floats, other: Floats, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    return np.asarray(np.abs(one - other) <= tolerance * np.abs(other))


def _noted(base: RawCandles, closes_ms: Millis, kind: str, detail: str) -> tuple[Finding, ...]:
    if not len(closes_ms):
        return ()
    return (Finding(symbol=base.symbol, at_utc=from_ms(int(closes_ms[0])), kind=kind, detail=detail),)
