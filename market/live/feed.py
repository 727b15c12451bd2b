"""Closed bars of an exchange as they close: asked for over REST, which is the truth, and passed on in order, each close once.

What has closed is decided by the exchange's time, never by this machine's. A close is passed on once every market has told its
bar, or that there is none. A market that stays silent is waited for a little, and then the others go on without it: to the
quality monitor its bar is missing. While no market answers, nothing is passed on; afterwards all closes that were missed follow
in order. A bar that comes long after its close is marked: nothing new is opened on old news, and exits trade on it as on any
other.

It invents no bar, never passes on a candle that still forms, and takes none back that the exchange changes afterwards: it says
so.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from config.clock import PacedClock, from_ms, to_ms
from market.bar import Finding, Prices, Slice
from market.live.exchange import Unanswered
from market.live.rows import row_of
from market.live.seen import Note, Seen
from market.timeframe import Timeframe

_SETTLED_MS = 500
"""How long after a close the first question goes out [ms]: the exchange has to write the bar down."""
_SOON_S, _LONGEST_S, _SLOWER = 1.0, 15.0, 1.5
_NO_ANSWER = Unanswered("no answer in time")


class LiveExchange(Protocol):
    """An exchange that tells its time and its candles. Raises Unanswered where it does not."""

    async def now_ms(self) -> int:
        """Its time [ms since 1970 UTC]."""
        ...

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]] | None:
        """One page, from this open time on, the candle that still forms included; None: only older ones."""
        ...


class Monitor(Protocol):
    """Judges the raw bars of one close (`market.quality.monitor.QualityMonitor`)."""

    def judge(self, close_utc: datetime, raw: Mapping[str, Prices | None]) -> Slice: ...


class Values(Protocol):
    """Adds what perpetuals are valued at (`market.live.marks.MarksAsked`)."""

    async def added(self, shown: Slice) -> Slice: ...


class Pace(NamedTuple):
    """How long is waited. `patience_s`: for a market that is silent while others answer; `late_s`: after this time a bar is old
    news; `answer_s`: for one answer. Seconds; the first two never exceed half a bar, and a bar."""

    patience_s: float
    late_s: float
    answer_s: float = 5.0

    def within(self, timeframe: Timeframe) -> "Pace":
        """The same pace on bars of this length."""
        patience_s, late_s = min(self.patience_s, timeframe.seconds / 2), min(self.late_s, timeframe.seconds)
        return self._replace(patience_s=patience_s, late_s=late_s)


class LiveFeed:
    """The closed bars of some markets after the close `at`, which was the last one to be passed on.

    `monitor` has read what came before. `tell` is told, in words for the user, when the exchange falls silent and answers again.
    `bars`: it ends after so many; None for no end.
    """

    def __init__(
        self,
        exchange: LiveExchange,
        monitor: Monitor,
        symbols: Sequence[str],
        timeframe: Timeframe,
        at: datetime,
        clock: PacedClock,
        pace: Pace,
        tell: Callable[[str], None] = lambda _: None,
        bars: int | None = None,
    ) -> None:
        self._exchange = exchange
        self._monitor = monitor
        self._timeframe = timeframe
        self._clock = clock
        self._pace = pace.within(timeframe)
        self._tell = tell
        self._left = bars
        self._at_ms = to_ms(at)
        self._length_ms = timeframe.seconds * 1000
        self._seen = {symbol: Seen(timeframe, self._at_ms) for symbol in symbols}
        self._skew_ms: int | None = None
        self._silent: dict[str, str] = {}
        self._late: set[str] = set()
        self._notes: dict[str, list[Note]] = {}
        self._silent_since_ms: int | None = None
        self.values: Values | None = None
        """Adds mark prices and rates of funding to what is passed on, where perpetuals are traded; None for spot."""

    def remember(self, told: Sequence[Slice]) -> None:
        """Note the last slices that were passed on before this began, so that bars that have changed since are noticed."""
        for shown in told:
            for symbol, bar in shown.bars.items():
                if symbol not in self._seen:
                    continue  # the exchange has it no more
                prices = bar.open, bar.high, bar.low, bar.close, bar.volume
                self._seen[symbol].remember(to_ms(shown.close_utc), prices)

    def now(self) -> datetime:
        """The exchange's time, as far as it was told: this machine's, corrected by the difference that was last measured."""
        return from_ms(self._now_ms())

    @property
    def next_close(self) -> datetime:
        """The close that is awaited."""
        return from_ms(self._at_ms + self._length_ms)

    @property
    def last_close(self) -> datetime:
        """The close that was passed on last."""
        return from_ms(self._at_ms)

    @property
    def is_current(self) -> bool:
        """Whether no bar is overdue that was not passed on."""
        return self._now_ms() - self._at_ms < self._length_ms + 1000 * self._pace.late_s

    async def next(self) -> Slice | None:
        """Wait for the next close and pass it on; None at the end."""
        if self._left == 0:
            return None
        due_ms = self._at_ms + self._length_ms
        if self._skew_ms is None:
            await self._measure()
        await self._until(due_ms + _SETTLED_MS)
        heard_ms, wait_s, self._silent = None, _SOON_S, {}
        while not self._is_known(due_ms):
            asked_s = await self._ask(due_ms)
            if self._is_known(due_ms):
                break
            if len(self._silent) < len(self._seen) and self._now_ms() >= due_ms:
                heard_ms = heard_ms or self._now_ms()
                if self._now_ms() - heard_ms >= 1000 * self._pace.patience_s:
                    break
            await self._clock.wait(max(asked_s, wait_s))
            wait_s = min(wait_s * _SLOWER, _LONGEST_S if heard_ms is None else 5 * _SOON_S)
        self._left = None if self._left is None else self._left - 1
        shown = self._passed_on(due_ms)
        return shown if self.values is None else await self.values.added(shown)

    async def prices(self, symbols: Sequence[str], within_s: float) -> dict[str, tuple[float, float]]:
        """The latest price of markets [quote], each with the volume of its last whole bar [base]; those that tell none in time
        are left out."""
        since_ms = self._at_ms - self._length_ms
        pages = await asyncio.gather(*(self._page(symbol, since_ms, within_s) for symbol in symbols))
        found = {}
        for symbol, page in zip(symbols, pages, strict=True):
            rows = [] if isinstance(page, Unanswered) else [row for each in page if (row := row_of(each)) is not None]
            if rows:
                found[symbol] = (rows[-1][4], max(row[5] for row in rows[-2:]))
        return found

    def _now_ms(self) -> int:
        return to_ms(self._clock.now()) + (self._skew_ms or 0)

    async def _until(self, moment_ms: int) -> None:
        while (left_ms := moment_ms - self._now_ms()) > 0:
            await self._clock.wait(left_ms / 1000)

    def _is_known(self, due_ms: int) -> bool:
        return all(seen.knows(due_ms) for seen in self._seen.values())

    async def _ask(self, due_ms: int) -> float:
        """Ask all markets that have not told this bar. Returns how long the exchange wants to be left alone [s]."""
        wanted = [symbol for symbol, seen in self._seen.items() if not seen.knows(due_ms)]
        asked_ms = await self._measure()
        if isinstance(asked_ms, Unanswered):
            return self._unheard(dict.fromkeys(self._seen, asked_ms))
        if asked_ms < due_ms:
            return (due_ms + _SETTLED_MS - asked_ms) / 1000
        pages = await asyncio.gather(
            *(self._page(symbol, self._seen[symbol].since_ms, self._pace.answer_s) for symbol in wanted)
        )
        failed = dict[str, Unanswered]()
        for symbol, page in zip(wanted, pages, strict=True):
            if isinstance(page, Unanswered):
                failed[symbol] = page
            else:
                self._notes.setdefault(symbol, []).extend(self._seen[symbol].take(page, asked_ms))
        return self._unheard(failed)

    async def _measure(self) -> int | Unanswered:
        """The exchange's time now [ms], from which this machine's is corrected."""
        try:
            async with asyncio.timeout(self._pace.answer_s):
                told_ms = await self._exchange.now_ms()
        except TimeoutError:
            return _NO_ANSWER
        except Unanswered as fault:
            return fault
        self._skew_ms = told_ms - to_ms(self._clock.now())
        return told_ms

    async def _page(self, symbol: str, since_ms: int, within_s: float) -> list[list[Any]] | Unanswered:
        try:
            async with asyncio.timeout(within_s):
                return await self._exchange.candles(symbol, self._timeframe, since_ms) or []
        except TimeoutError:
            return _NO_ANSWER
        except Unanswered as fault:
            return fault

    def _unheard(self, failed: Mapping[str, Unanswered]) -> float:
        """Note which markets gave no answer, and tell when all of them begin to be silent, or cease."""
        self._silent = {symbol: fault.why for symbol, fault in failed.items()}
        if len(failed) == len(self._seen):
            if self._silent_since_ms is None:
                self._silent_since_ms = self._now_ms()
                why = next(iter(self._silent.values()))
                self._tell(
                    f"The exchange has been silent since {self.now():%Y-%m-%d %H:%M:%S} UTC ({why}). No bar is passed on, "
                    "positions keep their stops on the simulated exchange; it is asked again until it answers, or Ctrl-C."
                )
        elif self._silent_since_ms is not None:
            silent_s, self._silent_since_ms = (self._now_ms() - self._silent_since_ms) / 1000, None
            self._tell(
                f"The exchange answers again after {silent_s:,.0f} s. Bars that were missed follow in order; nothing new is "
                "opened on those that are old."
            )
        return max((fault.pause_s for fault in failed.values()), default=0.0)

    def _passed_on(self, due_ms: int) -> Slice:
        """The slice of a close, with what was noticed since the one before."""
        self._at_ms = due_ms
        raw = {symbol: seen.tell(due_ms) for symbol, seen in self._seen.items()}
        shown = self._monitor.judge(from_ms(due_ms), raw)
        notes, self._notes = self._notes, {}
        for symbol, why in self._silent.items():
            if raw[symbol] is None:
                notes.setdefault(symbol, []).append(("silent", f"the exchange gave no answer ({why}): passed over"))
        late_s = (self._now_ms() - due_ms) / 1000
        late = {symbol for symbol, bar in raw.items() if bar is not None} if late_s > self._pace.late_s else set[str]()
        old = f"this bar closed {_spelled(late_s)} ago: nothing new on old news"
        for symbol in sorted(late - self._late):
            notes.setdefault(symbol, []).append(("late", f"the bar came {_spelled(late_s)} after its close"))
        self._late = late
        if not late and not notes:
            return shown
        findings = tuple(
            Finding(symbol=symbol, at_utc=shown.close_utc, kind=kind, detail=detail)
            for symbol, told in notes.items()
            for kind, detail in told
        )
        frozen = dict.fromkeys(sorted(late), old) | shown.frozen
        return shown.model_copy(update={"findings": (*shown.findings, *findings), "frozen": frozen})


def _spelled(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
