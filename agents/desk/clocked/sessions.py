"""The daily bar of each session as it stands near its close, when it is decided on.

The bar of the running day is not finished then. It is passed on as seen, and marked (`provisional`); signals keep it as it was
decided on. When its day is over, what it had become is noted at the next session (`settled`). A session that was missed is passed
on with its finished bar, and nothing new is opened on that.

It invents no bar: a share that the broker tells nothing of until the close has none.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from config.clock import PacedClock
from config.errors import DataFault
from market.bar import Finding, Prices, Slice
from market.quality.monitor import QualityMonitor
from market.sessions.calendar import TradingCalendar, bar_close

_AGAIN_S = 5.0
_LATE_S = 300.0
_RECENT = "10 D"

Days = tuple[tuple[date, float, float, float, float, float], ...]


class Bars(Protocol):
    """A broker that tells daily bars (`execution.venues.ib.line.Line`)."""

    async def days(self, symbol: str, duration: str) -> Days: ...


class Schedule(NamedTuple):
    """When a session is decided on, by the clock of a zone."""

    at: time
    zone: ZoneInfo

    @classmethod
    def of(cls, text: str) -> "Schedule":
        """Of "15:28 Asia/Kolkata"."""
        at, zone = text.split()
        return cls(time.fromisoformat(at), ZoneInfo(zone))

    @property
    def text(self) -> str:
        return f"{self.at:%H:%M} {self.zone}"


class SessionFeed:
    """The sessions after the date `day`, which was the last one to be passed on, at the moment `at`.

    `monitor` has read what came before. `tell` is told, in words for the user, when the broker falls silent.
    `bars`: it ends after so many sessions; None for no end.
    """

    def __init__(
        self, broker: Bars, monitor: QualityMonitor, symbols: Sequence[str], calendar: TradingCalendar, schedule: Schedule,
        day: date, at: datetime, clock: PacedClock, tell: Callable[[str], None] = lambda _: None, bars: int | None = None,
    ) -> None:  # fmt: skip
        self._broker, self._monitor, self._symbols = broker, monitor, tuple(symbols)
        self._calendar, self._schedule, self._clock, self._tell = calendar, schedule, clock, tell
        self._day, self._at, self._left = day, at, bars
        self._decided: dict[str, tuple[date, Prices]] = {}

    def remember(self, told: Sequence[Slice]) -> None:
        """Note the bars that were decided on last, so that what became of them is noticed."""
        for shown in told:
            day = shown.close_utc.astimezone(self._schedule.zone).date()
            for symbol, bar in shown.bars.items():
                self._decided[symbol] = day, (bar.open, bar.high, bar.low, bar.close, bar.volume)

    def now(self) -> datetime:
        return self._clock.now()

    @property
    def next_close(self) -> datetime:
        """The moment at which is decided next."""
        return self._moment(self._calendar.following(self._day))

    @property
    def last_close(self) -> datetime:
        """The moment at which was decided last."""
        return self._at

    @property
    def is_current(self) -> bool:
        """Whether no session is overdue."""
        return (self.now() - self.next_close).total_seconds() < _LATE_S

    async def prices(self, symbols: Sequence[str], within_s: float) -> dict[str, tuple[float, float]]:
        """None: a broker trades by itself, and needs no price of ours."""
        return {}

    async def next(self) -> Slice | None:
        """Wait until the next session is to be decided on, and pass it on; None at the end."""
        if self._left == 0:
            return None
        day = self._calendar.following(self._day)
        moment, closes = self._moment(day), self._calendar.closes_at(day)
        while (left_s := (moment - self.now()).total_seconds()) > 0:
            await self._clock.wait(left_s)
        told = await self._told(closes)
        provisional = self.now() < closes
        self._left = None if self._left is None else self._left - 1
        raw = {symbol: _of_day(rows, day) for symbol, rows in told.items()}
        shown = self._monitor.judge(bar_close(day), raw)
        findings = [found.model_copy(update={"at_utc": moment}) for found in shown.findings]
        findings += self._settled(told, moment)
        mark = f"the bar of {day} as of {self._schedule.text}, {'unfinished' if provisional else 'finished'}"
        frozen = shown.frozen
        if provisional:
            findings += [
                Finding(symbol=symbol, at_utc=moment, kind="provisional", detail=mark) for symbol in shown.bars
            ]
        else:
            why = f"the session of {day} was over before it was seen: nothing new on old news"
            late = dict.fromkeys(shown.bars, why)
            findings += [Finding(symbol=symbol, at_utc=moment, kind="late", detail=why) for symbol in late]
            frozen = late | frozen
        self._day, self._at = day, moment
        passed = shown.model_copy(update={"close_utc": moment, "findings": tuple(findings), "frozen": frozen})
        self.remember([passed])
        return passed

    def _moment(self, day: date) -> datetime:
        return self._calendar.decides_at(day, *self._schedule)

    async def _told(self, closes: datetime) -> dict[str, Days]:
        """The latest days of each share; of one that the broker tells nothing of until the close, none."""
        found, silent = dict[str, Days](), dict[str, str]()
        while True:
            for symbol in self._symbols:
                if symbol in found:
                    continue
                try:
                    found[symbol] = await self._broker.days(symbol, _RECENT)
                    silent.pop(symbol, None)
                except DataFault as fault:
                    if not silent:
                        self._tell(f"{fault} It is asked until the session closes, or Ctrl-C.")
                    silent[symbol] = str(fault)
            if not silent or self.now() >= closes:
                return found
            await self._clock.wait(_AGAIN_S)

    def _settled(self, told: dict[str, Days], moment: datetime) -> list[Finding]:
        """What the bars that were decided on last had become when their days were over, where that is something else."""
        findings = []
        for symbol, (day, (*_, close, _volume)) in self._decided.items():
            row = _of_day(told.get(symbol, ()), day)
            if row is not None and row[3] != close:
                detail = f"the session of {day} was decided on at {close:g} and closed at {row[3]:g} ({row[3] / close - 1:+.2%})"
                findings.append(Finding(symbol=symbol, at_utc=moment, kind="settled", detail=detail))
        return findings


def _of_day(rows: Days, day: date) -> Prices | None:
    row = next((row for row in reversed(rows) if row[0] == day), None)
    return None if row is None else row[1:]
