"""The quality monitor's state of one market: what it believed, what it doubts, and why it is frozen."""

import math
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from config.sections.quality import QualitySettings
from market.bar import Prices
from market.plausible.units import UnitWatch, drift
from market.quality.moves import WIDTHS, Before, Limits, Market, is_within, judge_move
from market.quality.peg import PegWatch
from market.timeframe import Timeframe

Note = Callable[[str, str], None]
"""Takes a finding: its kind and its detail."""

_LEAST_PRICE, _MOST_PRICE = 1e-30, 1e30  # [quote]
_NEWEST = 1 / 24
"""Share of the newest bar in the usual volume."""

_MOST_REPEATS = 9
"""Repetitions of a bar that are still believed where it has no range: in a thin market one trade may look like the last."""
_ALIVE = 24
"""Bars in a row, each with another volume than the one before, that show that a market is one."""
_THIN = 1.001
"""High over low below which a bar may look like the last one by chance, twice."""


class History:
    """The state of one market. `worst` is the worst reading of the present bar, if that bar is suspect.

    `read` is the present bar in the unit of the bars before it; `last` the last believed one.
    """

    __slots__ = (
        "_absent", "_alive", "_both_sides", "_days", "_flat", "_good", "_limits", "_moves", "_open_event", "_repeats",
        "_suspect_close", "_units", "_usual_volume", "_weighs", "_widths", "frozen", "last", "peg", "raw", "read", "worst",
    )  # fmt: skip

    def __init__(self, symbol: str, settings: QualitySettings, timeframe: Timeframe, both_sides: bool = False) -> None:
        """`both_sides`: the market may be held short, and the worst reading then has the worst price of each side."""
        self._both_sides = both_sides
        limits = widened(settings, timeframe.duration / timedelta(hours=1))
        self._limits = limits
        self._days = timeframe.duration / timedelta(days=1)
        self._moves = Limits(math.log1p(limits.max_bar_range), limits.max_bar_move)
        self._weighs = limits.judgement == "evidence"
        self._units = UnitWatch(symbol, limits.accepted_units.get(symbol), limits.max_bar_move, any_jump=self._weighs)
        self.peg = PegWatch(limits.max_depeg, timeframe)
        self._usual_volume = 0.0
        self._widths: deque[float] = deque(maxlen=WIDTHS)
        self.last: Prices | None = None
        self.raw: Prices | None = None
        self.read: Prices | None = None
        self._suspect_close: float | None = None
        self._absent = 0
        self._flat = 0
        self._good = 0
        self._repeats = 0
        self._alive = 0
        self._open_event = ""
        self.frozen: str | None = None
        self.worst: Prices | None = None

    @property
    def _last_close(self) -> float | None:
        return None if self.last is None else self.last[3]

    def judge(self, quote: Prices | None, passed_over: int, market: Market, note: Note, beside: str) -> str | None:
        """The reason why the bar is refused, or None when it is accepted. Notes findings; updates `frozen` and `worst`.

        `beside` says what the other markets did where this one has no bar, or no volume.
        """
        self.worst = None
        self.read = quote
        if self.last is None and self._suspect_close is None and quote is None:
            return "has no bar yet"
        if passed_over and quote is not None:
            self._miss(passed_over, "gap", f"{passed_over} bars are missing", note)
        if quote is None:
            self._miss(passed_over + 1, "gap", f"no bar{beside}", note)
            return "no bar at this close"
        if problem := impossible(quote) or self._stopped(quote, passed_over):
            kind, detail = problem
            self._miss(1, kind, detail, note)
            return f"its bar was refused: {detail}"
        days, missing = self._absent * self._days, self._absent > 0
        self._absent, self._open_event = 0, ""
        if missing and self._weighs:
            self._flat = 0
        self.read = self._units.read(
            quote, self._last_close, self._suspect_close, self._usual_volume, note, missing=missing, days=days
        )
        if self.read is None:
            self._good, self.frozen = 0, self._units.why or self.frozen
            return f"its bar was refused: {self._units.why or 'it holds both units'}"
        if why := self._doubt(self.read, days, market, note):
            self._suspect_close = self.read[3]
            self.worst = self._worst(self.read)
            self._freeze(why, note)
            return f"its bar was refused: {why}"
        self._accept(self.read, note, beside)
        return None

    def _miss(self, count: int, kind: str, detail: str, note: Note) -> None:
        if self._open_event != kind:
            note(kind, f"{detail}: nothing was put in its place")
            self._open_event = kind
        self._absent += count
        self._good = 0
        if self._absent > self._limits.max_missing_bars and self.last is not None:
            limit = self._limits.max_missing_bars
            self._freeze(f"more than {limit} bars in a row are missing or refused", note)

    def _stopped(self, quote: Prices, passed_over: int) -> tuple[str, str] | None:
        """Whether the source repeats its last bar, which no market does whose volume changed from bar to bar until now."""
        raw, self.raw = self.raw, quote
        if not self._weighs or quote[4] == 0 or passed_over or raw != quote:
            same = raw is not None and raw[4] == quote[4]
            self._repeats, self._alive = 0, 0 if same else self._alive + 1
            return None
        if self._alive < _ALIVE:
            self._alive = 0
            return None
        self._repeats += 1
        width = quote[1] / quote[2]
        believed = _MOST_REPEATS if width == 1.0 else 2 if width < _THIN else 0
        return ("stale", "the bar repeats the last one, volume and all") if self._repeats > believed else None

    def _doubt(self, quote: Prices, days: float, market: Market, note: Note) -> str | None:
        """Why the bar is refused, if it is. Notes it. `days` is how long bars were missing before it [days]."""
        if not self._weighs:
            doubt = self._unbelievable(quote)
            if doubt is None:
                return None
            kind, detail = doubt
            note(kind, f"{detail}: refused until the next bar confirms it")
            return detail
        before = self._close_before(quote)
        most = max(self._moves.move, drift(days)) if days else self._moves.move
        if is_within(quote, before, self._moves.width, most):
            return None
        high, low = (None, None) if self.last is None else (self.last[1], self.last[2])
        judged = judge_move(
            quote,
            Before(before, high, low, self._widths, self._usual_volume),
            market,
            Limits(self._moves.width, most),
        )
        if judged is None:
            return None
        note(judged.kind, judged.detail)
        return judged.cause or None

    def _close_before(self, quote: Prices) -> float | None:
        """The close that a move is measured from: of a suspect bar, if this one opens near it, else the last believed one."""
        suspect = self._suspect_close
        near = suspect is not None and self._move(suspect, quote[0]) <= self._limits.max_bar_move
        return suspect if near else self._last_close

    def _unbelievable(self, quote: Prices) -> tuple[str, str] | None:
        _, high, low, _, _ = quote
        width = high / low - 1
        if width > self._limits.max_bar_range:
            return "wide_bar", f"high is {width:.0%} above low (limit {self._limits.max_bar_range:.0%})"
        move = self._smallest_move(quote)
        if move > self._limits.max_bar_move:
            return "jump", f"close moved {move:.2f} in log terms (limit {self._limits.max_bar_move:.2f})"
        return None

    def _smallest_move(self, quote: Prices) -> float:
        """Absolute log return since the last good close, or since the close of a suspect bar if this bar opens near it."""
        open_, _, _, close, _ = quote
        move = self._move(self._last_close, close)
        suspect = self._suspect_close
        if suspect is not None and self._move(suspect, open_) <= self._limits.max_bar_move:
            move = min(move, self._move(suspect, close))
        return move

    def _worst(self, quote: Prices) -> Prices:
        open_, high, low, _, volume = quote
        if self._both_sides:
            before = open_ if self.last is None else self.last[3]
            return open_, max(high, before, open_), min(low, before, open_), open_, volume
        start = open_ if self.last is None else min(self.last[3], open_)
        return start, start, min(low, start), start, volume

    @staticmethod
    def _move(before: float | None, after: float) -> float:
        return 0.0 if before is None else abs(math.log(after / before))

    def _accept(self, quote: Prices, note: Note, beside: str) -> None:
        self.last, self._suspect_close = quote, None
        self._usual_volume += (quote[4] - self._usual_volume) * (_NEWEST if self._usual_volume else 1.0)
        self._widths.append(math.log(quote[1] / quote[2]))
        if quote[4] > 0:
            self._flat = 0
            self._good += 1
        else:
            self._flat += 1
            self._good = 0
        if self._weighs and self._flat == 1 and self._usual_volume > 0:
            note("zero_volume", f"nobody traded{beside}")
        if self._flat == self._limits.max_flat_bars + 1:
            note("flat", f"{self._flat} bars in a row have no volume")
            self._freeze(f"more than {self._limits.max_flat_bars} bars in a row have no volume", note)
        if lost := self.peg.see(quote[3]):
            note("depeg", lost)
            self._freeze(f"it lost its peg: {lost}", note)
        if self.peg.off:
            self._good = 0
        if self.frozen and self._good >= self._limits.thaw_bars:
            note("thawed", f"{self._good} good bars in a row; it was frozen because {self.frozen}")
            self.frozen = None

    def _freeze(self, why: str, note: Note) -> None:
        self._good = 0
        if self.frozen is None:
            note("frozen", f"{why}: nothing new is traded until {self._limits.thaw_bars} good bars came in a row")
            self.frozen = why


def impossible(quote: Prices) -> tuple[str, str] | None:
    """The kind and the detail of what cannot be in a bar; None for one that can."""
    open_, high, low, close, volume = quote
    if not all(map(math.isfinite, quote)):
        return "non_finite", "a price or the volume is not a number"
    if 0 < low < _LEAST_PRICE or high > _MOST_PRICE:
        return "inconsistent", "a price is so small or so large that no coin has it"
    if low <= 0 or volume < 0:
        return "inconsistent", "a price is not positive or the volume is negative"
    if not (low <= open_ <= high and low <= close <= high):
        return "inconsistent", "low, open, close and high are not in order"
    return None


def widened(limits: QualitySettings, hours: float) -> QualitySettings:
    """The limits for bars of so many hours."""
    factor = min(2.0, max(1.0, math.sqrt(hours)))
    return limits.model_copy(
        update={"max_bar_move": limits.max_bar_move * factor, "max_bar_range": limits.max_bar_range * factor}
    )
