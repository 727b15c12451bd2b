"""The quality monitor: it accepts or refuses bars, and freezes symbols in which no new position may be opened.

It refuses impossible bars (not finite, not positive, prices out of order) and suspect bars (a jump, a range that is too wide).
It repairs none. It accepts a jump when the next bar opens near the jump's close: after a crash the price stays there, after a
bad print it returns. Long gaps, bars without volume and suspect bars freeze a symbol until enough good bars came in a row. The
accepted bars of a frozen symbol still pass, because stops need prices.

A price in another unit (a redenomination) is not a price that moved: the symbol is frozen, its bars are refused, no stop is
filled and positions keep the last price, until the price is back or a human has said what the jump was (`accepted_units`).

A suspect bar may be true, and then it could have hit a stop. So the monitor passes it on as doubtful, in its worst reading for
a holder: from the last good close, or from its open if that is lower, straight down to its low.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from config.sections.quality import QualitySettings
from market.bar import Bar, Finding, Slice
from market.plausible.units import UnitWatch
from market.timeframe import Timeframe

Quote = tuple[float, float, float, float, float]
"""Open, high, low, close [quote], volume [base]; not yet checked."""

_Note = Callable[[str, str], None]

_NEWEST = 1 / 24
"""Share of the newest bar in the usual volume."""


class QualityMonitor:
    """Checks the bars of all symbols, one bar close after the other.

    The limits of a bar's move and range apply to bars of up to one hour. For longer bars they are multiplied by the square
    root of the bar's hours, at most by two.
    """

    def __init__(self, settings: QualitySettings, timeframe: Timeframe, symbols: Sequence[str]) -> None:
        self._timeframe = timeframe
        limits = _widened(settings, timeframe.duration / timedelta(hours=1))
        self._histories = {symbol: _History(symbol, limits, settings.accepted_units.get(symbol)) for symbol in symbols}
        self._last: datetime | None = None

    def judge(self, close_utc: datetime, raw: Mapping[str, Quote | None]) -> Slice:
        """Check the bars of one bar close. A symbol that is absent from `raw`, or None there, has no bar.

        Bar closes that were skipped since the last call count as missing bars of every symbol. Raises ValueError when
        `close_utc` is not later than the last one.
        """
        passed_over = self._passed_over(close_utc)
        bars: dict[str, Bar] = {}
        doubtful: dict[str, Bar] = {}
        frozen: dict[str, str] = {}
        findings: list[Finding] = []
        for symbol, history in self._histories.items():

            def note(kind: str, detail: str, symbol: str = symbol) -> None:
                findings.append(Finding(symbol=symbol, at_utc=close_utc, kind=kind, detail=detail))

            quote = raw.get(symbol)
            why_not = history.judge(quote, passed_over, note)
            if why_not is None and history.read is not None:
                bars[symbol] = self._bar(symbol, close_utc, history.read)
            elif history.worst is not None:
                doubtful[symbol] = self._bar(symbol, close_utc, history.worst)
            if reason := history.frozen or why_not:
                frozen[symbol] = reason
        return Slice(close_utc=close_utc, bars=bars, doubtful=doubtful, frozen=frozen, findings=tuple(findings))

    def pass_by(self, close_utc: datetime, raw: Mapping[str, Quote | None]) -> None:
        """Update the monitor as `judge` does, without building the slice. Raises ValueError as `judge` does."""
        passed_over = self._passed_over(close_utc)
        for symbol, history in self._histories.items():
            history.judge(raw.get(symbol), passed_over, _unheard)

    def _passed_over(self, close_utc: datetime) -> int:
        last, self._last = self._last, close_utc
        if last is None:
            return 0
        if close_utc <= last:
            self._last = last
            raise ValueError(f"the bar close {close_utc.isoformat()} is not later than the last one")
        return (close_utc - last) // self._timeframe.duration - 1

    def _bar(self, symbol: str, close_utc: datetime, quote: Quote) -> Bar:
        open_, high, low, close, volume = quote
        return Bar(
            symbol=symbol,
            timeframe=self._timeframe,
            close_utc=close_utc,
            open=open_,
            high=high,
            low=low,
            close=close,
            volume=volume,
        )


class _History:
    """The monitor's state of one symbol. `worst` is the worst reading of the present bar, if that bar is suspect.

    `read` is the present bar in the unit of the bars before it.
    """

    __slots__ = (
        "_absent", "_flat", "_good", "_last_close", "_limits", "_open_event", "_suspect_close", "_units", "_usual_volume",
        "frozen", "read", "worst",
    )  # fmt: skip

    def __init__(self, symbol: str, limits: QualitySettings, accepted: float | None) -> None:
        self._limits = limits
        self._units = UnitWatch(symbol, accepted, limits.max_bar_move)
        self._usual_volume = 0.0
        self.read: Quote | None = None
        self._last_close: float | None = None
        self._suspect_close: float | None = None
        self._absent = 0
        self._flat = 0
        self._good = 0
        self._open_event = ""
        self.frozen: str | None = None
        self.worst: Quote | None = None

    def judge(self, quote: Quote | None, passed_over: int, note: _Note) -> str | None:
        """The reason why the bar is refused, or None when it is accepted. Notes findings; updates `frozen` and `worst`."""
        self.worst = None
        self.read = quote
        if self._last_close is None and self._suspect_close is None and quote is None:
            return "has no bar yet"
        if passed_over and quote is not None:
            self._miss(passed_over, "gap", f"{passed_over} bars are missing", note)
        if quote is None:
            self._miss(passed_over + 1, "gap", "no bar", note)
            return "no bar at this close"
        if problem := _impossible(quote):
            kind, detail = problem
            self._miss(1, kind, detail, note)
            return f"its bar was refused: {detail}"
        missing = self._absent > 0
        self._absent, self._open_event = 0, ""
        quote = self._units.read(
            quote, self._last_close, self._suspect_close, self._usual_volume, note, missing=missing
        )
        if quote is None:
            self._good, self.frozen = 0, self._units.why or self.frozen
            return f"its bar was refused: {self._units.why or 'it holds both units'}"
        self.read = quote
        if doubt := self._unbelievable(quote):
            kind, detail = doubt
            note(kind, f"{detail}: refused until the next bar confirms it")
            self._suspect_close = quote[3]
            self.worst = self._worst(quote)
            self._freeze(detail, note)
            return f"its bar was refused: {detail}"
        self._accept(quote, note)
        return None

    def _miss(self, count: int, kind: str, detail: str, note: _Note) -> None:
        if self._open_event != kind:
            note(kind, f"{detail}: nothing was put in its place")
            self._open_event = kind
        self._absent += count
        self._good = 0
        if self._absent > self._limits.max_missing_bars and self._last_close is not None:
            limit = self._limits.max_missing_bars
            self._freeze(f"more than {limit} bars in a row are missing or refused", note)

    def _unbelievable(self, quote: Quote) -> tuple[str, str] | None:
        _, high, low, _, _ = quote
        width = high / low - 1
        if width > self._limits.max_bar_range:
            return "wide_bar", f"high is {width:.0%} above low (limit {self._limits.max_bar_range:.0%})"
        move = self._smallest_move(quote)
        if move > self._limits.max_bar_move:
            return "jump", f"close moved {move:.2f} in log terms (limit {self._limits.max_bar_move:.2f})"
        return None

    def _smallest_move(self, quote: Quote) -> float:
        """Absolute log return since the last good close, or since the close of a suspect bar if this bar opens near it."""
        open_, _, _, close, _ = quote
        move = self._move(self._last_close, close)
        suspect = self._suspect_close
        if suspect is not None and self._move(suspect, open_) <= self._limits.max_bar_move:
            move = min(move, self._move(suspect, close))
        return move

    def _worst(self, quote: Quote) -> Quote:
        open_, _, low, _, volume = quote
        start = open_ if self._last_close is None else min(self._last_close, open_)
        return start, start, min(low, start), start, volume

    @staticmethod
    def _move(before: float | None, after: float) -> float:
        return 0.0 if before is None else abs(math.log(after / before))

    def _accept(self, quote: Quote, note: _Note) -> None:
        self._last_close, self._suspect_close = quote[3], None
        self._usual_volume += (quote[4] - self._usual_volume) * (_NEWEST if self._usual_volume else 1.0)
        if quote[4] > 0:
            self._flat = 0
            self._good += 1
        else:
            self._flat += 1
            self._good = 0
        if self._flat == self._limits.max_flat_bars + 1:
            note("flat", f"{self._flat} bars in a row have no volume")
            self._freeze(f"more than {self._limits.max_flat_bars} bars in a row have no volume", note)
        if self.frozen and self._good >= self._limits.thaw_bars:
            note("thawed", f"{self._good} good bars in a row; it was frozen because {self.frozen}")
            self.frozen = None

    def _freeze(self, why: str, note: _Note) -> None:
        self._good = 0
        if self.frozen is None:
            note("frozen", f"{why}: nothing new is traded until {self._limits.thaw_bars} good bars came in a row")
            self.frozen = why


def _unheard(kind: str, detail: str) -> None:
    """Discards a finding that was reported before."""


def _widened(limits: QualitySettings, hours: float) -> QualitySettings:
    factor = min(2.0, max(1.0, math.sqrt(hours)))
    return limits.model_copy(
        update={"max_bar_move": limits.max_bar_move * factor, "max_bar_range": limits.max_bar_range * factor}
    )


def _impossible(quote: Quote) -> tuple[str, str] | None:
    open_, high, low, close, volume = quote
    if not all(map(math.isfinite, quote)):
        return "non_finite", "a price or the volume is not a number"
    if low <= 0 or volume < 0:
        return "inconsistent", "a price is not positive or the volume is negative"
    if not low <= min(open_, close) <= max(open_, close) <= high:
        return "inconsistent", "low, open, close and high are not in order"
    return None
