"""Finer bars inside the bars of a session: what they must agree on to be believed, and the parts that a bar falls into.

A stop and a target in one bar: which came first? Finer bars say, and then the walk from the open down to the low is not needed.
They are refused, bar by bar, where they tell of another market: unless all are there and sound, begin, end, rise and fall as the
bar itself does, and trade as much. Such a bar is walked as a whole: down to the low first, and one trailing stop for all of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from config.clock import from_ms
from market.bar import Bar, Detail, Finding, FundingRate, Part, Prices, Slice
from market.candles import Floats, Millis, RawCandles
from market.timeframe import Timeframe

TOLERANCE = 1e-4
"""Share of the price by which open, high, low and close of the finer bars together may differ from those of their bar."""

VOLUME_TOLERANCE = 0.01
"""Likewise of the volume, which says how much can be traded: another unit, or another venue, would invent it."""


@dataclass(frozen=True, slots=True, eq=False)
class FineBars:
    """Finer bars of one symbol, and inside which bars they may be used: those that close at `closes_ms`, shape (n,), rising.

    `first`, shape (n,): the row of `candles` with which each begins. `parts`: finer bars to a bar.
    """

    candles: RawCandles
    parts: int
    closes_ms: Millis
    first: NDArray[np.intp]

    def inside(self, close_ms: int) -> tuple[Prices, ...] | None:
        """The finer bars inside the bar that closes then, oldest first; None where they may not be used."""
        place = int(np.searchsorted(self.closes_ms, close_ms))
        if place == len(self.closes_ms) or self.closes_ms[place] != close_ms:
            return None
        begin = int(self.first[place])
        columns = (column[begin : begin + self.parts].tolist() for column in self.candles.columns)
        return tuple(zip(*columns, strict=True))


class Checked(NamedTuple):
    """Finer bars that may be used, and what was found wrong with the others."""

    bars: FineBars
    findings: tuple[Finding, ...]


def checked(base: RawCandles, fine: RawCandles, start_ms: int, end_ms: int) -> Checked:
    """Hold finer bars against the bars that close after `start_ms` and not after `end_ms` [ms since 1970 UTC]."""
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
    """What trades at once: the bars at their open, the bars during the rest of them, and those of them that are finer ones."""

    opening: Slice
    rest: Slice
    fine: Mapping[str, Bar]

    @classmethod
    def whole(cls, tape: Slice) -> Self:
        """A slice that is not told finer."""
        return cls(tape, tape, {})


def narrowed(tape: Slice, symbols: Collection[str]) -> Slice:
    """The same slice, told finer for these symbols only: nobody else's finer bars can change anything."""
    if tape.detail is None:
        return tape
    kept = {symbol: rows for symbol, rows in tape.detail.bars.items() if symbol in symbols}
    detail = tape.detail.model_copy(update={"bars": kept}) if kept else None
    return tape.model_copy(update={"detail": detail})


def steps_of(tape: Slice) -> tuple[Step, ...]:
    """A slice as it is lived through: at once, or part by part.

    The bars that are not told finer open with the first part and go on in the last one, in which they close.
    """
    detail = tape.detail
    if detail is None:
        return (Step.whole(tape),)
    coarse = {symbol: bar for symbol, bar in tape.bars.items() if symbol not in detail.bars}
    parts = len(next(iter(detail.bars.values())))
    steps = []
    for number in range(1, parts + 1):
        close = tape.close_utc - (parts - number) * detail.timeframe.duration
        fine = {symbol: _bar(symbol, detail.timeframe, close, rows[number - 1]) for symbol, rows in detail.bars.items()}
        alone = Part(close_utc=close, bars=fine, number=number)
        beside = alone.model_copy(update={"bars": _in_order(tape, fine | coarse), "doubtful": tape.doubtful})
        opening = (beside if number == 1 else alone).model_copy(
            update={"funding": _due(tape, detail, close, number == 1)}
        )
        steps.append(Step(opening, beside if number == parts else alone, fine))
    return tuple(steps)


def _due(tape: Slice, detail: Detail, close: datetime, is_first: bool) -> tuple[FundingRate, ...]:
    """The funding of a part: what falls due in it, and in the first one all of the markets that are not told finer."""
    begin = close - detail.timeframe.duration
    return tuple(
        due for due in tape.funding if (begin <= due.at_utc < close if due.symbol in detail.bars else is_first)
    )


def _in_order(tape: Slice, bars: dict[str, Bar]) -> dict[str, Bar]:
    return {symbol: bars[symbol] for symbol in tape.bars}


def _bar(symbol: str, timeframe: Timeframe, close: datetime, prices: Prices) -> Bar:
    open_, high, low, end, volume = prices
    return Bar(
        symbol=symbol, timeframe=timeframe, close_utc=close, open=open_, high=high, low=low, close=end, volume=volume
    )


def _agree(
    base: RawCandles, rows: NDArray[np.intp], fine: RawCandles, first: NDArray[np.intp], parts: int
) -> NDArray[np.bool_]:
    """Shape (n,): whether the finer bars from each first row on begin, end, rise and fall as the bar does."""
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
