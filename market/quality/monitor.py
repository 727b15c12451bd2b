"""The quality monitor: it accepts or refuses bars, and freezes symbols in which no new position may be opened.

It refuses impossible bars (not finite, not positive, prices out of order), bars that repeat the last one, and suspect bars. It
repairs none. Which bars are suspect is a setting (`quality.judgement`): every one beyond the limits of a move and a range, or
those of them that no evidence supports (`market/quality/moves.py`). It accepts a jump when the next bar opens near the jump's
close: after a crash the price stays there, after a bad print it returns. Long gaps, bars without volume, a lost peg and suspect
bars freeze a symbol until enough good bars came in a row. The accepted bars of a frozen symbol still pass, because stops need
prices.
`market/quality/kinds.py` says for each kind of finding what is done about it.

A price in another unit (a redenomination), or of another coin, is not a price that moved: the symbol is frozen, its bars are
refused, no stop is filled and positions keep the last price, until the price is back or a human has said what the jump was
(`accepted_units`).

A suspect bar may be true, and then it could have hit a stop. So the monitor passes it on as doubtful, in its worst reading for
a holder: from the last good close, or from its open if that is lower, straight down to its low. Where a holder may be short too,
its reading has both: its open, and the worst prices of a long and of a short, its low and its high.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from config.clock import aware
from config.sections.quality import QualitySettings
from market.bar import Bar, Finding, Slice
from market.quality.history import History, Note, impossible
from market.sessions.calendar import TradingCalendar, day_of
from market.timeframe import Timeframe

Quote = tuple[float, float, float, float, float]
"""Open, high, low, close [quote], volume [base]; not yet checked."""


class QualityMonitor:
    """Checks the bars of all symbols, one bar close after the other.

    The limits of a bar's move and range apply to bars of up to one hour. For longer bars they are multiplied by the square
    root of the bar's hours, at most by two.
    """

    def __init__(
        self, settings: QualitySettings, timeframe: Timeframe, symbols: Sequence[str], *, both_sides: bool = False,
        calendar: TradingCalendar | None = None,
    ) -> None:  # fmt: skip
        """`both_sides`: positions may be long or short. `calendar`: the sessions of daily bars, whose closed days are no missing
        bars; None for a market that never closes."""
        self._calendar = calendar
        self._timeframe = timeframe
        self._weighs = settings.judgement == "evidence"
        self._histories = {symbol: History(symbol, settings, timeframe, both_sides) for symbol in symbols}
        self._last: datetime | None = None

    def judge(self, close_utc: datetime, raw: Mapping[str, Quote | None]) -> Slice:
        """Check the bars of one bar close. A symbol that is absent from `raw`, or None there, has no bar.

        Bar closes that were skipped since the last call count as missing bars of every symbol. Raises ValueError when
        `close_utc` is not later than the last one.
        """
        close_utc = aware(close_utc)
        passed_over = self._passed_over(close_utc)
        others = _Others(self._histories, raw, told=self._weighs)
        bars: dict[str, Bar] = {}
        doubtful: dict[str, Bar] = {}
        frozen: dict[str, str] = {}
        findings: list[Finding] = []
        for symbol, history in self._histories.items():

            def note(kind: str, detail: str, symbol: str = symbol) -> None:
                findings.append(Finding(symbol=symbol, at_utc=close_utc, kind=kind, detail=detail))

            why_not = others.judge(symbol, passed_over, note)
            if why_not is None and history.read is not None:
                bars[symbol] = self._bar(symbol, close_utc, history.read, checked=history.read is raw.get(symbol))
            elif history.worst is not None:
                doubtful[symbol] = self._bar(symbol, close_utc, history.worst)
            if reason := history.frozen or why_not:
                frozen[symbol] = reason
        return Slice.of_ours(
            close_utc=close_utc,
            bars=bars,
            doubtful=doubtful,
            frozen=frozen,
            findings=tuple(findings),
            detail=None,
            funding=(),
            facts=(),
            marks={},
        )

    def pass_by(self, close_utc: datetime, raw: Mapping[str, Quote | None]) -> dict[str, list[tuple[str, str]]]:
        """Update the monitor as `judge` does, without building the slice. Raises ValueError as `judge` does.

        Returns the kind and the detail of each finding, by symbol.
        """
        passed_over = self._passed_over(close_utc)
        others = _Others(self._histories, raw, told=self._weighs)
        found: dict[str, list[tuple[str, str]]] = {}
        for symbol in self._histories:

            def note(kind: str, detail: str, symbol: str = symbol) -> None:
                found.setdefault(symbol, []).append((kind, detail))

            others.judge(symbol, passed_over, note)
        return found

    def _passed_over(self, close_utc: datetime) -> int:
        last, self._last = self._last, close_utc
        if last is None:
            return 0
        if close_utc <= last:
            self._last = last
            raise ValueError(f"the bar close {close_utc.isoformat()} is not later than the last one")
        if self._calendar is not None:
            return max(0, self._calendar.count(day_of(last), day_of(close_utc)) - 1)
        return (close_utc - last) // self._timeframe.duration - 1

    def _bar(self, symbol: str, close_utc: datetime, quote: Quote, *, checked: bool = False) -> Bar:
        """`checked`: the quote is the one that was judged, not what was made of it."""
        open_, high, low, close, volume = map(float, quote)
        return (Bar.of_ours if checked else Bar)(
            symbol=symbol,
            timeframe=self._timeframe,
            close_utc=close_utc,
            open=open_,
            high=high,
            low=low,
            close=close,
            volume=volume,
        )


class _Others:
    """All markets at one bar close, so that each can be judged beside the others. `told`: findings say what the others did."""

    def __init__(self, histories: Mapping[str, History], raw: Mapping[str, Quote | None], *, told: bool) -> None:
        self._histories, self._raw, self._told = histories, raw, told
        self._closes = {symbol: each.last[3] for symbol, each in histories.items() if each.last is not None}

    def judge(self, symbol: str, passed_over: int, note: Note) -> str | None:
        """See `History.judge`."""
        quote = self._raw.get(symbol)
        return self._histories[symbol].judge(
            quote, passed_over, lambda rises: self._went(symbol, rises), note, self._beside(symbol, quote)
        )

    def _went(self, symbol: str, rises: bool) -> list[float]:
        """How far each of the others went from its close before [log]. A coin with a peg says nothing of the market."""
        went = []
        for other, close in self._closes.items():
            quote = self._raw.get(other)
            if other == symbol or quote is None or impossible(quote) or self._histories[other].peg.pegged:
                continue
            went.append(math.log(quote[1] / close) if rises else math.log(close / quote[2]))
        return went

    def _beside(self, symbol: str, quote: Quote | None) -> str:
        """What the others did, where this one has no bar or no volume."""
        if not self._told or len(self._closes) < 2 or (quote is not None and quote[4] > 0):
            return ""
        others = [other for other in self._closes if other != symbol]
        traded = sum((self._raw.get(other) or _NOTHING)[4] > 0 for other in others)
        return f", while {traded} of {len(others)} others traded" if traded else ", nor in any other market"


_NOTHING: Quote = (0.0, 0.0, 0.0, 0.0, 0.0)
