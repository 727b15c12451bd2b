"""TA-Lib functions with their inputs and parameters, as streams that open when their history is long enough.

A stream equals the batch function of the same row bit for bit.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from market.indicators.library import InsufficientHistory, abstract, stream

OPEN, HIGH, LOW, CLOSE, VOLUME, RETURN = range(6)
"""Places in a row: prices [quote], volume [base], and the log return, which is NaN at the first bar."""

Row = tuple[float, float, float, float, float, float]
Columns = tuple[list[float], list[float], list[float], list[float], list[float], list[float]]
"""Rows as columns, oldest first: some bars at once, of which each function makes its values in one go."""
FEW = 8
"""Bars below which a column costs more than its bars, one by one."""

Update = Callable[..., Any]


class Function(NamedTuple):
    """One function of TA-Lib: the name of its value here, its own name, the places of its inputs, its parameters."""

    name: str
    kind: str
    inputs: tuple[int, ...]
    parameters: tuple[tuple[str, int], ...] = ()

    @property
    def lookback(self) -> int:
        """Bars that it needs before its first value, as TA-Lib says; a stream may need a few more."""
        function = abstract.Function(self.kind, **dict(self.parameters))  # type: ignore[attr-defined]
        return int(function.lookback)

    def opened(self, history: np.ndarray[Any, np.dtype[np.float64]]) -> Any | None:
        """A stream that has read the history, shape (6, n_bars), float64 [as the places say]; None when it is too short."""
        try:
            return getattr(stream, self.kind)(*(history[place] for place in self.inputs), **dict(self.parameters))
        except InsufficientHistory:
            return None

    def opened_with_values(self, history: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[Any, Any]:
        """A stream that has read the history, as `opened`, and its values after each bar, shape (n_bars,) [as the function's].
        `history`: shape (6, n_bars), float64 [as the places say]. Raises talib.InsufficientHistory when it is too short."""
        open_and_fill = getattr(stream, self.kind).open_and_fill
        handle, values = open_and_fill(*(history[place] for place in self.inputs), **dict(self.parameters))
        return handle, values


class Young:
    """The functions that have not opened yet, and the bars that they have to read then."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self._waiting = [(each, each.lookback) for each in functions]
        self._rows: list[Row] = []

    @property
    def grown(self) -> bool:
        """Whether all have opened."""
        return not self._waiting

    def push(self, row: Row) -> list[tuple[Function, Any]]:
        """Take the next bar. Returns the functions that open with it, each with its stream."""
        if not self._waiting:
            return []
        self._rows.append(row)
        able = [each for each, lookback in self._waiting if len(self._rows) > lookback]
        if not able:
            return []
        history = np.array(self._rows).T.copy()
        found = [(each, handle) for each in able if (handle := each.opened(history)) is not None]
        opened = {each for each, _ in found}
        self._waiting = [(each, lookback) for each, lookback in self._waiting if each not in opened]
        if not self._waiting:
            self._rows.clear()
        return found


class Handles:
    """The streams of some functions. `now` has their values after the last bar, `before` after the one before it, by name; None
    while the history is too short."""

    def __init__(self, functions: tuple[Function, ...]) -> None:
        self.now: dict[str, Any] = dict.fromkeys(each.name for each in functions)
        self.before = self.now
        self._young = Young(functions)
        self._open: dict[tuple[int, ...], list[tuple[str, Update]]] = {}

    def push(self, columns: Columns, wanted: tuple[str, ...]) -> dict[str, list[Any]]:
        """Take the next bars, one at least. Returns the `wanted` values after each of them, by name."""
        count, seen = len(columns[0]), list[dict[str, Any]]()
        for row in zip(*columns, strict=True):
            if self._young.grown and count - len(seen) >= FEW:
                break
            seen.append(self._take(row))
        found = {name: [now[name] for now in seen] for name in wanted}
        if len(seen) < count:
            rest = self._take_columns([column[len(seen) :] for column in columns])
            return {name: found[name] + rest[name] for name in wanted}
        return found

    def _take_columns(self, columns: list[list[float]]) -> dict[str, list[Any]]:
        """Take the next bars, `FEW` at least, after all streams have opened. Returns the values after each of them, by name."""
        found: dict[str, list[Any]] = {}
        for places, updates in self._open.items():
            given = [columns[place] for place in places]
            for name, update in updates:
                found[name] = [*map(update, *given)]
        self.now = {name: values[-1] for name, values in found.items()}
        self.before = {name: values[-2] for name, values in found.items()}
        return found

    def _take(self, row: Row) -> dict[str, Any]:
        """Take the next bar. Returns the values after it."""
        self.before = self.now
        now = self.now = self.now.copy()
        for places, updates in self._open.items():
            given = [row[place] for place in places]
            for name, update in updates:
                now[name] = update(*given)
        for function, handle in self._young.push(row):
            self._open.setdefault(function.inputs, []).append((function.name, handle.update))
            now[function.name] = handle.value
        return now
