"""The progress of a session, with its equity; on a live feed, with the time to the next close.

A live session may last for months: it has no percentage. On a terminal its one line is written again every second, elsewhere
there is a line for each bar.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self, TextIO

from agents.records.record import CycleRecord
from config.clock import Clock
from config.frozen import Journaled
from config.progress import Progress, width_of
from ops.tables.plain import moment, money

if TYPE_CHECKING:
    from rich.console import Console


class SessionProgress(Progress):
    """A context manager around a session of `total_bars`; `stderr` None shows nothing."""

    def __init__(self, total_bars: int, stderr: TextIO | None, clock: Clock | None = None) -> None:
        super().__init__(total_bars, "bars", stderr, clock)
        self._ruling = "none yet"

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: each cycle record counts one bar, also one that a resumed run repeats."""
        if not isinstance(event, CycleRecord):
            return
        if event.hearings:
            last = event.hearings[-1]
            self._ruling = f"{last.case.symbol} {last.ruling.outcome}, {last.verdict.outcome}"
        self.update(event.as_of_utc, event.portfolio.equity, len(event.portfolio.positions), self._ruling)

    def update(self, as_of: datetime, equity: Decimal, open_positions: int, last_ruling: str | None) -> None:
        """Count one more bar. `equity` in quote units; `last_ruling` in a few words."""

        def tell() -> str:
            ruling = f", last ruling {last_ruling}" if last_ruling else ""
            return f"{moment(as_of)} UTC  equity {money(equity)}, {open_positions} open{ruling}"

        self.advance(1, tell)


class FeedProgress:
    """A context manager around a session on a live feed; `stderr` None shows nothing. `left` gives the time to the next close."""

    def __init__(self, stderr: TextIO | None, left: Callable[[], timedelta | None]) -> None:
        self._stderr = stderr
        self._left = left
        self._state = "waiting for the first bar"
        self._lock, self._over = Lock(), Event()
        self._again = Thread(target=self._redraw, daemon=True) if stderr is not None and stderr.isatty() else None

    def __enter__(self) -> Self:
        if self._again is not None:
            self._again.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._again is not None:
            self._again.join()
            self._draw("")

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: each cycle record is told once, those that a resumed run repeats are not."""
        if not isinstance(event, CycleRecord):
            return
        book, ruling = event.portfolio, ""
        if event.hearings:
            last = event.hearings[-1]
            ruling = f", {last.case.symbol} {last.ruling.outcome}, {last.verdict.outcome}"
        frozen = f", {len(event.tape.frozen)} frozen" if event.tape.frozen else ""
        head = f"bar {event.bar:,}  {moment(event.as_of_utc)} UTC"
        self._state = f"{head}  equity {money(book.equity)}, {len(book.positions)} open{frozen}{ruling}"
        if self._stderr is not None and self._again is None and not past:
            self._stderr.write(f"{self.text()}\n")
            self._stderr.flush()

    def text(self) -> str:
        """The line as it is now."""
        left = self._left()
        if left is None:
            return self._state
        seconds = max(0, round(left.total_seconds()))
        clock = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{self._state}; next close in {clock}"

    def above(self, say: Callable[["Console | None"], None]) -> None:
        """Let `say` print above the line, which is written again below it."""
        with self._lock:
            if self._again is not None:
                self._wipe("")
            say(None)

    def _redraw(self) -> None:
        with suppress(OSError, ValueError):
            while not self._over.wait(1.0):
                self._draw(self.text())

    def _draw(self, text: str) -> None:
        with self._lock:
            self._wipe(text)

    def _wipe(self, text: str) -> None:
        if self._stderr is not None:
            self._stderr.write(f"\r\x1b[2K{text[: width_of(self._stderr) - 1]}")
            self._stderr.flush()
