"""Mark prices beside the traded bars of a session: which of them can be used, and what is done without them.

The mark price follows the index of several exchanges, so a wick of one exchange's trading does not reach it: a traded high or low
far outside the mark is usual and is used. The other way round it is not: a mark that opens or closes far from the trades, or that
went far beyond them, is of another market or damaged. Such a mark is not used, and nothing new is opened at that close. Where
most marks are so, the files are refused. So are marks whose times are of another zone, or name the other end of a bar: they move
with the trades of an earlier or a later bar, and would liquidate too late or tell what is yet to come.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.clock import from_ms
from config.errors import DataFault
from market.bar import Finding, MarkBar
from market.candles import Floats, Millis, RawCandles

FAR = 0.05
"""The largest distance of a mark from the traded price [fraction].

The largest of 88,000 hours of BTC and ETH perpetuals of 2019 to 2024, crashes and outages among them, is 3.3 %.
"""
_MOST_FAR = 0.05
_HOUR_MS = 3_600_000
_ZONES_MS = tuple(half * _HOUR_MS // 2 for half in range(1, 29))
"""Distances of zones from UTC: half an hour to 14 hours."""
_FEWEST_MOVES = 48
_CLEARLY = 0.5
"""Marks belong to other times if they then differ this much less from the trades [fraction]. Real ones differ ten times less."""


@dataclass(frozen=True, slots=True, eq=False)
class MarkBars:
    """The mark prices of one market of a session.

    `closes_ms`, shape (n,), int64 [ms since 1970 UTC], rising: the closes of the bars that have one. `prices`, shape (n, 4),
    float64 [quote]: their open, high, low and close. `far_ms`: the closes of the bars whose mark is too far away.
    """

    closes_ms: Millis
    prices: NDArray[np.float64]
    far_ms: frozenset[int] = frozenset()

    def at(self, close_ms: int) -> MarkBar | None:
        """The mark prices of the bar that closes at `close_ms`; None when there are none that can be used."""
        place = int(np.searchsorted(self.closes_ms, close_ms))
        if place == len(self.closes_ms) or self.closes_ms[place] != close_ms:
            return None
        open_, high, low, close = self.prices[place].tolist()
        return MarkBar(open=open_, high=high, low=low, close=close)

    def why_not(self, close_ms: int) -> str | None:
        """Why nothing may be opened at this close; None if nothing is known against it."""
        if close_ms not in self.far_ms:
            return None
        return f"the mark price is more than {FAR:.0%} away from the traded price: one of them is wrong"


class CheckedMarks(NamedTuple):
    """The marks that can be used, and findings about the others."""

    marks: MarkBars
    findings: tuple[Finding, ...]


def checked_marks(base: RawCandles, given: RawCandles, start_ms: int, end_ms: int) -> CheckedMarks:
    """Compare marks with the traded bars that close after `start_ms` and not after `end_ms` [ms since 1970 UTC].

    Raises DataFault when they move with the trades of other times, and when more than one in twenty is far from the traded price.
    """
    _refuse_shifted(base, given, end_ms)
    rows = np.flatnonzero((base.close_ms > start_ms) & (base.close_ms <= end_ms))
    closes = base.close_ms[rows]
    place = np.searchsorted(given.close_ms, closes)
    inside = place < len(given)
    place = np.where(inside, place, 0)
    known = (
        inside & (given.close_ms[place] == closes) & given.sound()[place] if len(given) else np.zeros(len(rows), bool)
    )
    far = np.zeros(len(rows), dtype=bool)
    judged = known & base.sound()[rows]
    far[judged] = _far(base, rows[judged], given, place[judged])
    if far.sum() > _MOST_FAR * max(1, int(judged.sum())):
        ratio = float(np.median(given.close[place[judged]] / base.close[rows[judged]]))
        raise DataFault(
            f"The mark prices of {base.symbol} are more than {FAR:.0%} away from its traded prices in {int(far.sum())} of "
            f"{int(judged.sum())} bars (in the middle {ratio:.4g} times them): nothing was started; give the marks of this "
            "contract, in the same currency and unit."
        )
    used = known & ~far
    lacking, apart = closes[~known], closes[far]
    findings = (
        *_noted(base.symbol, lacking, "mark_gap", f"{len(lacking)} of {len(closes)} bars have no mark price: the traded price "
                "stands for it"),
        *_noted(base.symbol, apart, "mark_differs", f"{len(apart)} of {len(closes)} mark prices are more than {FAR:.0%} away "
                "from the traded price: they are not used, and nothing is opened at those closes"),
    )  # fmt: skip
    columns = (given.open, given.high, given.low, given.close)
    prices = np.stack([column[place[used]] for column in columns], axis=1)
    return CheckedMarks(MarkBars(closes[used], prices, frozenset(apart.tolist())), findings)


def _refuse_shifted(base: RawCandles, marks: RawCandles, end_ms: int) -> None:
    """Raise DataFault when the marks fit the trades clearly better at other times: a bar away, or in another zone."""
    step_ms = base.timeframe.seconds * 1000
    away = sorted({step_ms, *(zone for zone in _ZONES_MS if zone % step_ms == 0)})
    apart = {ms: _apart_in_moves(base, marks, end_ms, ms) for ms in (0, *away, *(-ms for ms in away))}
    best = min(apart, key=lambda ms: (apart[ms], abs(ms)))
    if apart[best] < _CLEARLY * apart[0] and np.isfinite(apart[0]):
        raise DataFault(
            f"The mark prices of {base.symbol} move with its trades {abs(best) / _HOUR_MS:g} h "
            f"{'earlier' if best > 0 else 'later'}: their times are of another zone, or name the other end of a bar. Nothing was "
            "started; give marks and trades with times of the same zone and the same end of a bar (--tz, --stamps)."
        )


def _apart_in_moves(base: RawCandles, marks: RawCandles, end_ms: int, shift_ms: int) -> float:
    """The median difference of the moves from close to close of trades, and of the marks `shift_ms` later [fraction]; infinite
    where too few are known."""
    use = base.sound() & (base.close_ms <= end_ms)
    sound = marks.sound()
    _, ours, theirs = np.intersect1d(base.close_ms[use], marks.close_ms[sound] - shift_ms, return_indices=True)
    if len(ours) <= _FEWEST_MOVES:
        return float("inf")
    traded, marked = np.log(base.close[use][ours]), np.log(marks.close[sound][theirs])
    return float(np.median(np.abs(np.diff(marked) - np.diff(traded))))


def _far(base: RawCandles, rows: NDArray[np.intp], marks: RawCandles, place: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether a mark opens or closes far from the trades of its bar, or went far beyond them, shape (n,), bool."""

    def apart(mark: Floats, traded: Floats) -> NDArray[np.bool_]:
        return np.asarray(np.abs(mark / traded - 1) > FAR)

    return np.asarray(
        apart(marks.open[place], base.open[rows])
        | apart(marks.close[place], base.close[rows])
        | (marks.high[place] > base.high[rows] * (1 + FAR))
        | (marks.low[place] < base.low[rows] * (1 - FAR))
    )


def _noted(symbol: str, closes_ms: Millis, kind: str, detail: str) -> tuple[Finding, ...]:
    if not len(closes_ms):
        return ()
    return (Finding(symbol=symbol, at_utc=from_ms(int(closes_ms[0])), kind=kind, detail=detail),)
