"""The candlestick patterns of TA-Lib: which ended at the last bars, and what move they are said to announce.

It takes TA-Lib's own sign. Eight patterns have a sign that says nothing of a direction (TA-Lib's own comments): they say `none`.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np

from market.indicators.handles import CLOSE, FEW, HIGH, LOW, OPEN, Columns, Function, Row, Young
from market.indicators.library import talib
from market.signals import PatternSeen

KINDS: tuple[str, ...] = tuple(sorted(talib.get_function_groups()["Pattern Recognition"]))  # type: ignore[no-untyped-call]
"""TA-Lib's functions, in the order of their names."""
NAMES: tuple[str, ...] = tuple(kind.removeprefix("CDL").lower() for kind in KINDS)
SEEN_FOR = 5
"""A pattern is told at the bar at which it ends and at the next ones, so many in all [bars]."""
LONG = 64
"""A history that is long enough for the streams of all patterns, and for the bars at which one is still told [bars]."""
UNDIRECTED = frozenset(
    {
        "doji", "dragonflydoji", "gravestonedoji", "highwave", "longleggeddoji", "rickshawman", "spinningtop", "takuri",
    }
)  # fmt: skip

_FUNCTIONS = tuple(Function(name, kind, (OPEN, HIGH, LOW, CLOSE)) for name, kind in zip(NAMES, KINDS, strict=True))


class Patterns:
    """The patterns of one symbol and timeframe, as streams."""

    def __init__(self) -> None:
        self._young = Young(_FUNCTIONS)
        self._updates: list[tuple[str, Callable[[float, float, float, float], int]]] = []
        self._last: dict[str, tuple[int, int]] = {}
        self._bars = 0

    def push(self, columns: Columns) -> None:
        """Take the next bars, one at least. Only those that will still be told of are looked at."""
        count = len(columns[OPEN])
        if not self._bars and count >= LONG:
            self._open(columns)
            return
        if not self._young.grown or count < FEW:
            for row in zip(*columns, strict=True):
                self._take(row)
            return
        prices = columns[OPEN], columns[HIGH], columns[LOW], columns[CLOSE]
        self._bars += count
        for name, update in self._updates:
            self._note(name, [*map(update, *prices)][-SEEN_FOR:])

    def _open(self, columns: Columns) -> None:
        """Take the first bars, `LONG` at least: each stream reads all of them as it opens."""
        history = np.array(columns)
        self._bars, self._young = len(columns[OPEN]), Young(())
        for function in _FUNCTIONS:
            handle, values = function.opened_with_values(history)
            self._updates.append((function.name, handle.update))
            self._note(function.name, values[-SEEN_FOR:].tolist())

    def _note(self, name: str, latest: list[int]) -> None:
        """Note the last bar at which a pattern ended. `latest`: its values after each of the last bars."""
        if any(latest):
            ago = 0
            while not latest[-1 - ago]:
                ago += 1
            self._last[name] = self._bars - ago, latest[-1 - ago]

    def _take(self, row: Row) -> None:
        """Take the next bar."""
        self._bars += 1
        open_, high, low, close = row[:4]
        for name, update in self._updates:
            if value := update(open_, high, low, close):
                self._last[name] = self._bars, value
        for function, handle in self._young.push(row):
            self._updates.append((function.name, handle.update))
            if handle.value:
                self._last[function.name] = self._bars, handle.value

    def seen(self) -> tuple[PatternSeen, ...]:
        """Those that ended at the last `SEEN_FOR` bars, the latest of each kind: newest first, then by name."""
        recent = sorted(
            (self._bars - bar, name, value) for name, (bar, value) in self._last.items() if self._bars - bar < SEEN_FOR
        )
        return tuple(pattern_seen(name, value, ago) for ago, name, value in recent)


@cache
def pattern_seen(name: str, value: int, bars_ago: int) -> PatternSeen:
    """A pattern with TA-Lib's value for it, which is not 0: above 0 for a rise, below for a fall. All are kept: there are few."""
    direction: Literal["up", "down", "none"] = "up" if value > 0 else "down"
    return PatternSeen(name=name, direction="none" if name in UNDIRECTED else direction, bars_ago=bars_ago)
