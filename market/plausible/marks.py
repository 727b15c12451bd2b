"""Mark prices beside the traded bars of a session: which of them can be used, and what is done without them.

The mark price follows the index of several exchanges, so a wick of one exchange's trading does not reach it: a traded high or low
far outside the mark is usual and is used. The other way round it is not: a mark that opens or closes far from the trades, or that
went far beyond them, is of another market or damaged. Such a mark is not used, and nothing new is opened at that close. Where
most marks are so, the files are refused.
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

    Raises DataFault when more than one in twenty is far from the traded price.
    """
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
