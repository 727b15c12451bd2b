"""Voters that read more than the signals: a window of bars, and facts. `vote(self, now, bars, facts)`, or one of the two.

Each market has an instance and a window of its own. A window is filled from the past before the session and then from the signals
that the voter is shown, and from nothing else: it knows only closed bars. Until it is full the voter is not asked, and abstains.
So what a voter reads does not depend on where its history began.

A class may state the `timeframe` of its window (`timeframe: ClassVar[str] = "1d"`). It is then asked only at the close of a bar
that completes one of these; in between it votes for nothing. A class that remembers more than its window has a method
`see(self, bars)`: it is shown the window after each of its bars, those before the session included.

A voter with `vote(self, now)` has none of this and pays nothing for it.
"""

import copy
import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

from agents.strategies.facts import Facts, facts_of
from agents.strategies.voter import NOTHING, Ballot
from config.errors import UsageFault
from config.silence import Abstained
from market.bar import Bar
from market.indicators.window import LONGEST, Bars, BarWindow
from market.resample import Resampler
from market.signals import Depth, TechnicalSignals
from market.timeframe import Timeframe

HISTORY = 200
"""The size of a window whose class does not state `history` [bars]."""
_DAY_S = 86_400


class Reads(NamedTuple):
    """What a `vote` takes beside the signals: the arguments by place after the first, and those by name alone."""

    by_place: tuple[str, ...] = ()
    by_name: tuple[str, ...] = ()

    @property
    def bars(self) -> bool:
        """Whether it reads a window."""
        return "bars" in self.by_place + self.by_name

    @property
    def facts(self) -> bool:
        """Whether it reads facts."""
        return "facts" in self.by_place + self.by_name


class Past:
    """The window of one voter on one market."""

    def __init__(self, size: int, timeframe: Timeframe | None) -> None:
        """`timeframe`: of the bars in the window; None for that of the session."""
        self.window = BarWindow(size)
        self._timeframe = timeframe
        self._resampler: Resampler | None = None
        self._last: datetime | None = None
        self._completed: datetime | None = None

    def take(self, bar: Bar | TechnicalSignals) -> Iterable[Bars]:
        """Take a closed bar, and give the window after each bar that it completes. One that is not newer than the last one is
        not taken again."""
        if self._last is not None and bar.close_utc <= self._last:
            return
        self._last = bar.close_utc
        for closed in self._closed(bar):
            self.window.push((closed.open, closed.high, closed.low, closed.close, closed.volume))
            self._completed = bar.close_utc
            yield self.window.view()

    def completed_by(self, bar: TechnicalSignals) -> bool:
        """Whether this bar completed one of the window's."""
        return self._completed == bar.close_utc

    def _closed(self, bar: Bar | TechnicalSignals) -> tuple[Bar | TechnicalSignals, ...]:
        if self._timeframe is None or bar.timeframe is self._timeframe:
            return (bar,)
        if self._resampler is None:
            if not divides(bar.timeframe, self._timeframe):
                return ()
            self._resampler = Resampler(bar.timeframe, self._timeframe)
        return self._resampler.take(bar if isinstance(bar, Bar) else _bar(bar))


class Minded:
    """One voter on all its markets: an instance and a window for each, and what its `vote` takes."""

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        """Raises UsageFault for a window that cannot be, and whatever `make` raises."""
        first = make()
        self.reads = reads_of(first.vote)
        self.timeframe = timeframe_of(name, first)
        self.history = history_of(name, first) if self.reads.bars else 0
        self.window_days = window_days(self.timeframe, self.history)
        self.past_days = days_of(name, first, self.window_days)
        self.least_markets = least_markets_of(name, first)
        self._sees = callable(getattr(first, "see", None)) and self.reads.bars
        self._young = too_young(self.history, self.timeframe)
        self._make = make
        self._instances: dict[str, Any] = {}
        self._past: dict[str, Past] = {}

    def of(self, symbol: str) -> Any:
        """The instance of a market."""
        if symbol not in self._instances:
            self._instances[symbol] = self._make()
        return self._instances[symbol]

    def remember(self, bar: Bar | TechnicalSignals) -> Past | None:
        """Read a closed bar into the market's window; None for a voter without one."""
        if not self.history:
            return None
        past = self._past.get(bar.symbol)
        if past is None:
            past = self._past[bar.symbol] = Past(self.history, self.timeframe)
        for seen in past.take(bar):
            if self._sees:
                self.of(bar.symbol).see(seen)
        return past

    def remember_day(self, day: Bar) -> None:
        """Read a day before the warm-up, if the window is of days or weeks."""
        if self.timeframe is not None and self.timeframe.seconds >= _DAY_S:
            self.remember(day)

    def speaks_at(self, now: TechnicalSignals) -> bool:
        """Whether it is asked at this bar: always, or where the bar completes one of its window."""
        past = self._past.get(now.symbol)
        return self.timeframe is None or past is None or past.completed_by(now)

    def ask(self, now: TechnicalSignals, facts: Facts | None) -> Any:
        """What the market's instance says; an abstention until its window is full, nothing between the bars of its window."""
        past = self.remember(now)
        if past is not None and not past.window.full:
            return self._young
        if past is not None and self.timeframe is not None and not past.completed_by(now):
            return NOTHING
        given: dict[str, object] = {}
        if past is not None:
            given["bars"] = past.window.view()
        if self.reads.facts:
            told = facts or facts_of(now)
            given["facts"] = replace(told, kept=partial(self._kept, told)) if self.history else told
        places = [given[name] for name in self.reads.by_place]
        return self.of(now.symbol).vote(now, *places, **{name: given[name] for name in self.reads.by_name})

    def _kept(self, told: Facts) -> dict[str, Bars]:
        """The full windows of all markets with a bar at this close, which they read first."""
        read = {symbol: self.remember(peer) for symbol, peer in told.peers.items()}
        return {symbol: past.window.view() for symbol, past in read.items() if past is not None and past.window.full}


class MindedStrategy(Protocol):
    """A built-in voter that reads a window (`history: ClassVar[int]`), facts, or both: `vote(now, bars)`, `vote(now, facts)`,
    `vote(now, bars, facts)`."""

    @property
    def vote(self) -> Callable[..., Ballot | Abstained]: ...


class Windowed:
    """A built-in voter that reads more than signals, behind the protocol of all voters."""

    def __init__(self, strategy: MindedStrategy) -> None:
        self._minded = Minded(type(strategy).__name__, lambda: copy.deepcopy(strategy))
        self._reads: Depth = "core" if getattr(strategy, "reads", "full") == "core" else "full"
        self._sides: str = getattr(strategy, "sides", "long")

    @property
    def minded(self) -> Minded:
        """Its instances and windows."""
        return self._minded

    @property
    def history(self) -> int:
        """Bars that must have closed before it votes; 0 for a voter without a window."""
        return self._minded.history

    @property
    def reads(self) -> Depth:
        """The depth of the signals that it reads."""
        return self._reads

    @property
    def sides(self) -> str:
        """The sides on which it can be: `long` or `both`."""
        return self._sides

    def remember(self, past: Iterable[Bar]) -> None:
        """Read bars of the warm-up, oldest first."""
        for bar in past:
            self._minded.remember(bar)

    def remember_days(self, days: Iterable[Bar]) -> None:
        """Read the days before the warm-up, oldest first."""
        for day in days:
            self._minded.remember_day(day)

    def vote(self, now: TechnicalSignals, facts: Facts | None = None) -> Ballot | Abstained:
        """The voter's vote; an abstention until its window is full."""
        return cast(Ballot | Abstained, self._minded.ask(now, facts))


def too_young(history: int, timeframe: Timeframe | None = None) -> Abstained:
    """The abstention of a voter whose window is not full."""
    of = "" if timeframe is None else f" of {timeframe}"
    return Abstained(why=f"too little history for a window of {history} bars{of}")


def reads_of(vote: Callable[..., object]) -> Reads:
    """What a bound `vote` takes after the signals: `bars` and `facts` by their names. A second argument of another name that has
    no default takes the window."""
    try:
        taken = list(inspect.signature(vote).parameters.values())
    except (TypeError, ValueError):
        return Reads()
    placed = [one for one in taken if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    by_place = []
    for place, one in enumerate(placed[1:]):
        if one.name in ("bars", "facts"):
            by_place.append(one.name)
        elif place == 0 and one.default is one.empty:
            by_place.append("bars")
        else:
            break
    rest = [one for one in taken if one.kind is one.KEYWORD_ONLY or one in placed[1 + len(by_place) :]]
    return Reads(tuple(by_place), tuple(one.name for one in rest if one.name in ("bars", "facts")))


def reads_bars(vote: Callable[..., object]) -> bool:
    """Whether a bound `vote` takes a window."""
    return reads_of(vote).bars


def history_of(name: str, strategy: object) -> int:
    """The size of the window of a voter that reads bars. Raises UsageFault for one that is no number of bars."""
    size = getattr(strategy, "history", HISTORY)
    if isinstance(size, bool) or not isinstance(size, int | float) or size != size // 1 or not 1 <= size <= LONGEST:
        raise UsageFault(
            f"The strategy {name} has `history = {size!r}`, and a window holds 1 to {LONGEST:,} bars. Nothing was started; "
            "correct it."
        )
    return int(size)


def timeframe_of(name: str, strategy: object) -> Timeframe | None:
    """The timeframe of a voter's window; None for that of the session. Raises UsageFault for one that there is not."""
    said = getattr(strategy, "timeframe", None)
    if said is None:
        return None
    if said not in list(Timeframe):
        raise UsageFault(
            f"The strategy {name} has `timeframe = {said!r}`, and bars have one of {', '.join(Timeframe)}. Nothing was started; "
            "correct it."
        )
    return Timeframe(said)


def window_days(timeframe: Timeframe | None, history: int) -> int:
    """The days that a window of `history` bars of a day or longer holds; 0 for one of shorter bars."""
    return 0 if timeframe is None or timeframe.seconds < _DAY_S else history * timeframe.seconds // _DAY_S


def days_of(name: str, strategy: object, window: int) -> int:
    """The days before the session that a voter wants to read: those of its window, or `past_days` if the class states more.

    Raises UsageFault for `past_days` that are no number of days.
    """
    said = getattr(strategy, "past_days", 0)
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said <= LONGEST:
        raise UsageFault(
            f"The strategy {name} has `past_days = {said!r}`, and 0 to {LONGEST:,} days can be read. Nothing was started; "
            "correct it."
        )
    return max(said, window)


def least_markets_of(name: str, strategy: object) -> int:
    """The markets that a voter compares at least, if its class states `least_markets`; else 0.

    Raises UsageFault for what is no number of markets.
    """
    said = getattr(strategy, "least_markets", 0)
    if isinstance(said, bool) or not isinstance(said, int) or said < 0:
        raise UsageFault(
            f"The strategy {name} has `least_markets = {said!r}`, and a number of markets is 0 or more. Nothing was started; "
            "correct it."
        )
    return said


def divides(finer: Timeframe, coarser: Timeframe) -> bool:
    """Whether bars of `coarser` can be made of those of `finer`."""
    return coarser.seconds > finer.seconds and coarser.seconds % finer.seconds == 0


def windowed(strategy: object) -> "Windowed | None":
    """A built-in voter with its windows and facts; None if it reads neither."""
    found = cast(MindedStrategy, strategy)
    reads = reads_of(found.vote)
    return Windowed(found) if reads.bars or reads.facts else None


def _bar(now: TechnicalSignals) -> Bar:
    """The bar of these signals, which was valid when they were made."""
    return Bar.model_construct(
        symbol=now.symbol,
        timeframe=now.timeframe,
        close_utc=now.close_utc,
        open=now.open,
        high=now.high,
        low=now.low,
        close=now.close,
        volume=now.volume,
    )
