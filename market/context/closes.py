"""The closes that figures of bars are computed from: of the last day, of steps over a month, and of days over a year.

Nothing is filled in: a bar that is missing leaves a hole, and a figure that needs it abstains. Memory is bounded by the number of
symbols.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from market.bar import Bar
from market.candles import Floats
from market.timeframe import Timeframe

_HOUR_MS, DAY_MS = 3_600_000, 86_400_000
_MONTH = timedelta(days=30)
_LEAST_STEPS = 60
_MOST_WAITING = 1024
DAYS = 340
"""Daily closes that are kept: ten months and a half."""


class Grid:
    """The last `width` values of each row on a grid of equal steps; NaN where there was none."""

    def __init__(self, rows: int, width: int) -> None:
        self.width = width
        self._values: Floats = np.full((rows, 2 * width), np.nan)
        self._end = width
        self._last: int | None = None

    def put(self, row: int, step: int, value: float) -> None:
        """Set the value of a row at a step. A step that is older than the newest one changes nothing."""
        if self._last is None or step > self._last:
            self._advance(step)
        if step == self._last:
            self._values[row, self._end - 1] = value

    def window(self, step: int, width: int, rows: Sequence[int]) -> Floats:
        """The values of some rows up to `step`, shape (n_rows, width), float64 [as put], oldest first; NaN where nothing is
        known."""
        found: Floats = np.full((len(rows), width), np.nan)
        if self._last is None or step < self._last:
            return found
        ahead = min(step - self._last, width)
        kept = min(width - ahead, self.width)
        if kept > 0:
            for to, row in enumerate(rows):
                found[to, width - ahead - kept : width - ahead] = self._values[row, self._end - kept : self._end]
        return found

    def _advance(self, step: int) -> None:
        ahead = self.width if self._last is None else min(step - self._last, self.width)
        if self._end + ahead > self._values.shape[1]:
            self._values[:, : self.width] = self._values[:, self._end - self.width : self._end].copy()
            self._end = self.width
        self._values[:, self._end : self._end + ahead] = np.nan
        self._end += ahead
        self._last = step


class Closes:
    """The closes of the session's symbols."""

    def __init__(self, symbols: Sequence[str], timeframe: Timeframe) -> None:
        self.symbols = tuple(symbols)
        self.step_ms = max(timeframe.seconds * 1000, _HOUR_MS)
        self.steps_wanted = max(_LEAST_STEPS, int(_MONTH.total_seconds() * 1000) // self.step_ms)
        self._rows = {symbol: row for row, symbol in enumerate(self.symbols)}
        self._recent: tuple[deque[tuple[int, float]], ...] = tuple(deque() for _ in self.symbols)
        self._steps = Grid(len(self.symbols), self.steps_wanted + 1)
        self._days = Grid(len(self.symbols), DAYS)
        self._waiting: list[tuple[int, Mapping[str, Bar]]] = []

    def push(self, close_ms: int, bars: Mapping[str, Bar]) -> None:
        """Take the bars that close at `close_ms` [ms since 1970 UTC]. They wait until something is read."""
        self._waiting.append((close_ms, bars))
        if len(self._waiting) >= _MOST_WAITING:
            self._catch_up()

    def _catch_up(self) -> None:
        for close_ms, bars in self._waiting:
            self._take(close_ms, bars)
        self._waiting.clear()

    def _take(self, close_ms: int, bars: Mapping[str, Bar]) -> None:
        for symbol, bar in bars.items():
            row, close = self._rows.get(symbol), bar.close
            if row is None:
                continue
            recent = self._recent[row]
            recent.append((close_ms, close))
            while recent[0][0] < close_ms - DAY_MS - self.step_ms:
                recent.popleft()
            if close_ms % self.step_ms == 0:
                self._steps.put(row, close_ms // self.step_ms, float(np.log(close)))
            self._days.put(row, day_of(close_ms), close)

    def last(self, symbol: str, now_ms: int) -> float | None:
        """The last close, if it is less than one step old [quote]."""
        self._catch_up()
        recent = self._recent[self._rows[symbol]]
        return self._near(next((each for each in reversed(recent) if each[0] <= now_ms), None), now_ms)

    def day_before(self, symbol: str, now_ms: int) -> float | None:
        """The close of 24 hours before, or else the last one in the step before that [quote]."""
        self._catch_up()
        then_ms, found = now_ms - DAY_MS, None
        for each in self._recent[self._rows[symbol]]:
            if each[0] > then_ms:
                break
            found = each
        return self._near(found, then_ms)

    def _near(self, found: tuple[int, float] | None, ms: int) -> float | None:
        return found[1] if found is not None and found[0] > ms - self.step_ms else None

    def returns(self, symbols: Sequence[str], now_ms: int) -> Floats:
        """Log returns of the steps up to now, shape (n_symbols, n_steps), float64 [log return]; NaN where one is not known."""
        self._catch_up()
        rows = [self._rows[symbol] for symbol in symbols]
        logs = self._steps.window(now_ms // self.step_ms, self.steps_wanted + 1, rows)
        return logs[:, 1:] - logs[:, :-1]

    def days(self, now_ms: int, count: int) -> Floats:
        """Closes of the last whole days, shape (n_symbols, count), float64 [quote], oldest first; NaN for a day without a bar."""
        self._catch_up()
        rows = range(len(self.symbols))
        return self._days.window(day_of(now_ms), count + 1, rows)[:, _last_whole(now_ms, count)]


def day_of(close_ms: int) -> int:
    """The day of a bar that closes at `close_ms` [days since 1970 UTC]: at midnight the day that ends then."""
    return (close_ms - 1) // DAY_MS


def last_whole_day(now_ms: int) -> int:
    """The last day that is over at `now_ms` [days since 1970 UTC]: at midnight the day that ends then."""
    return now_ms // DAY_MS - 1


def _last_whole(now_ms: int, count: int) -> slice:
    """Which of the last `count + 1` days are the last whole ones: at midnight the last of them is whole."""
    return slice(1, None) if now_ms % DAY_MS == 0 else slice(0, count)
