"""Voters that read a window of bars beside the signals: `vote(self, now, bars)`. Each keeps a window for each symbol.

A window is filled from the warm-up and then from the signals that the voter is shown, and from nothing else: it knows only closed
bars. Until it is full the voter is not asked, and abstains. So what a voter reads does not depend on where its history began.
A voter with `vote(self, now)` has no window and pays nothing for it.
"""

import inspect
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar, Protocol, cast

from agents.strategies.voter import Ballot
from config.errors import UsageFault
from config.silence import Abstained
from market.bar import Bar
from market.indicators.window import LONGEST, Bars, BarWindow
from market.signals import Depth, TechnicalSignals

HISTORY = 200
"""The size of a window whose class does not state `history` [bars]."""


class WindowStrategy(Protocol):
    """A voter with a window. `history` is its size [bars]."""

    history: ClassVar[int]

    def vote(self, now: TechnicalSignals, bars: Bars) -> Ballot | Abstained:
        """Vote on the signals, and on the last `history` bars; the last one is that of the signals."""
        ...


class Windows:
    """The windows of one voter, by symbol."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._windows: dict[str, BarWindow] = {}
        self._last: dict[str, datetime] = {}

    def take(self, bar: Bar | TechnicalSignals) -> BarWindow:
        """The symbol's window with this bar in it. A bar that is not newer than the last one is not taken again."""
        window = self._windows.get(bar.symbol)
        if window is None:
            window = self._windows[bar.symbol] = BarWindow(self.size)
        last = self._last.get(bar.symbol)
        if last is None or bar.close_utc > last:
            window.push((bar.open, bar.high, bar.low, bar.close, bar.volume))
            self._last[bar.symbol] = bar.close_utc
        return window


class Windowed:
    """A voter with a window behind the protocol of all voters."""

    def __init__(self, strategy: WindowStrategy) -> None:
        self._strategy = strategy
        self._windows = Windows(strategy.history)
        self._young = too_young(strategy.history)

    @property
    def history(self) -> int:
        """Bars that must have closed before it votes."""
        return self._windows.size

    @property
    def reads(self) -> Depth:
        """The depth of the signals that it reads."""
        return "core" if getattr(self._strategy, "reads", "full") == "core" else "full"

    def remember(self, past: Iterable[Bar]) -> None:
        """Read bars of the warm-up, oldest first."""
        for bar in past:
            self._windows.take(bar)

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        """The voter's vote on the signals and its window; an abstention until the window is full."""
        window = self._windows.take(now)
        return self._strategy.vote(now, window.view()) if window.full else self._young


class Remembers(Protocol):
    """A voter that reads the warm-up."""

    @property
    def history(self) -> int:
        """Bars that must have closed before it votes; 0 for none."""
        ...

    def remember(self, past: Iterable[Bar]) -> None:
        """Read bars of the warm-up, oldest first."""
        ...


def too_young(history: int) -> Abstained:
    """The abstention of a voter whose window is not full."""
    return Abstained(why=f"too little history for a window of {history} bars")


def reads_bars(vote: Callable[..., object]) -> bool:
    """Whether a bound `vote` takes a window: a second argument that is called `bars`, or that has no default."""
    try:
        taken = list(inspect.signature(vote).parameters.values())
    except (TypeError, ValueError):
        return False
    by_place = [one for one in taken if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return len(by_place) > 1 and (by_place[1].name == "bars" or by_place[1].default is by_place[1].empty)


def history_of(name: str, strategy: object) -> int:
    """The size of the window of a voter that reads bars. Raises UsageFault for one that is no number of bars."""
    size = getattr(strategy, "history", HISTORY)
    if isinstance(size, bool) or not isinstance(size, int | float) or size != size // 1 or not 1 <= size <= LONGEST:
        raise UsageFault(
            f"The strategy {name} has `history = {size!r}`, and a window holds 1 to {LONGEST:,} bars. Nothing was started; "
            "correct it."
        )
    return int(size)


def windowed(strategy: object) -> "Windowed | None":
    """A built-in voter with its windows; None if it reads none."""
    found = cast(WindowStrategy, strategy)
    return Windowed(found) if reads_bars(found.vote) else None
