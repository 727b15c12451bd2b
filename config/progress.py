"""Shows progress: a bar on a terminal, a line at every tenth and every ten seconds elsewhere, or nothing if no stream is given.

It writes to the given stream (stderr, since stdout is for results), redraws at most five times a second, and takes almost no time
from the work. A step that takes long, as compilation may, is told of in a line too; a bar is left alone meanwhile, since a
question may stand below it. It also knows how wide a stream is.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from config.clock import Clock, Stopwatch

if TYPE_CHECKING:
    import rich.console
    import rich.progress

_REDRAW_S = 0.2
_EVERY_S, _LOOK_S = 10.0, 1.0
_SHORT_S = 2.0
"""Work of fewer seconds, which is mostly over at once, needs no line in a pipe."""
_BARS = ((100, 24), (72, 12))
"""Columns of a terminal from which on there is a bar, and of that bar."""
_LEAST, _MOST = 40, 240
LINES = 25
"""Nothing here depends on the height of a terminal; it is stated, so that nobody reads it out of the environment."""


class Progress:
    """A context manager around `total` steps; `what` names them in the plural. `stream` None shows nothing.

    `clock` measures the time that it took: the machine's, if none is given. No plain line is written in the first `after_s`
    seconds. Every `look_s` seconds it looks whether something is to be told though no step has ended.
    """

    def __init__(
        self,
        total: int,
        what: str,
        stream: TextIO | None,
        clock: Clock | None = None,
        *,
        after_s: float = 0.0,
        look_s: float = _LOOK_S,
    ) -> None:
        self._total = max(1, total)
        self._what = what
        self._stream = stream
        self._done = 0
        self._drawn_s = 0.0
        self._next_s = _EVERY_S
        self._after_s = after_s
        self._tenths = 0
        self._lock = Lock()
        self._over = Event()
        self._look_s = look_s
        self._looking = Thread(target=self._look, daemon=True)
        self._tell: Callable[[], str] = self._counted
        self._clock = clock
        self._watch = Stopwatch(clock)
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID

    def __enter__(self) -> Self:
        self._watch = Stopwatch(self._clock)
        if self._stream is not None and self._stream.isatty():
            self._open(self._stream)
        if self._stream is not None and self._bar is None:
            self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._looking.is_alive():
            self._looking.join()
        if self._bar is not None:
            self._draw(self._bar, self._elapsed_s())
            self._bar.stop()

    def advance(self, steps: int = 1, tell: Callable[[], str] | None = None) -> None:
        """Count `steps` more steps. `tell` gives the text beside them from now on; it is called only when the text is drawn."""
        if self._stream is None:
            return
        with self._lock:
            self._done += steps
            if tell is not None:
                self._tell = tell
            self._show(self._stream)

    def about(self, subject: str) -> None:
        """Set the subject of the next steps, such as a market."""
        self._tell = lambda: f"{self._counted()}, {subject}"

    def above(self, say: Callable[["rich.console.Console | None"], None]) -> None:
        """Let `say` print above the bar, with the bar's console; without a bar it is given None."""
        with self._lock:
            say(None if self._bar is None else self._bar.console)

    def _look(self) -> None:
        """Tell of a long step. A stream that cannot be written ends it: it is told of where a step ends."""
        with suppress(OSError, ValueError):
            while not self._over.wait(self._look_s):
                self.advance(0)

    def _show(self, stream: TextIO) -> None:
        now_s = self._elapsed_s()
        if self._bar is not None:
            if now_s - self._drawn_s >= _REDRAW_S:
                self._draw(self._bar, now_s)
        elif now_s >= self._after_s and (now_s >= self._next_s or self._done * 10 // self._total > self._tenths):
            self._line(stream, now_s)

    def _elapsed_s(self) -> float:
        return self._watch.elapsed().total_seconds()

    def _counted(self) -> str:
        return f"{self._done:,} of {self._total:,} {self._what}"

    def _line(self, stream: TextIO, now_s: float) -> None:
        """A plain line for logs and pipes."""
        self._next_s, self._tenths = now_s + _EVERY_S, self._done * 10 // self._total
        stream.write(f"{min(100, self._done * 100 // self._total):>3}%  {self._tell()}  {now_s:.0f} s\n")
        stream.flush()

    def _open(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(file=stream, width=width_of(stream), height=LINES)
        if console.is_dumb_terminal:
            return
        bar = [BarColumn(bar_width=width) for width in [_bar_width(console.width)] if width]
        self._bar = Progress(
            TextColumn("{task.percentage:>3.0f}%"),
            *bar,
            TextColumn("{task.fields[state]}", markup=False),
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            transient=True,
            get_time=self._elapsed_s,
        )
        self._task = self._bar.add_task("", total=self._total, state="")
        self._bar.start()

    def _draw(self, bar: "rich.progress.Progress", now_s: float) -> None:
        """Redraw the bar, and remember when. What matters stands first: the end of a long line is left out."""
        self._drawn_s = now_s
        rate = self._done / now_s if now_s > 0 else 0.0
        left_s = int((self._total - self._done) / rate) if rate else 0
        state = f"{left_s // 60}:{left_s % 60:02d} left  {self._tell()}  {rate:,.0f} {self._what}/s"
        room = bar.console.width - len("100% ") - _bar_width(bar.console.width) - 2
        shown = state if len(state) <= room else f"{state[: room - 1].rpartition(' ')[0]} …"
        bar.update(self._task, completed=self._done, state=shown, refresh=True)


Telling = Callable[[int, str], Progress]
"""Begins to show a part of the work: so many steps, and their name in the plural."""


def silent(total: int, what: str) -> Progress:
    """Shows nothing."""
    return Progress(total, what, None)


def short_work(*, quiet: bool) -> Telling:
    """What shows the parts of a command on stderr that may be over at once: in a pipe, only what takes two seconds."""
    return lambda total, what: Progress(total, what, None if quiet else sys.stderr, after_s=_SHORT_S)


def _bar_width(columns: int) -> int:
    """The width of the bar on a terminal; 0 where there is no room for one."""
    return next((bar for least, bar in _BARS if columns >= least), 0)


def width_of(stream: TextIO, *, piped: int = 100) -> int:
    """How many columns a stream has: COLUMNS, or else the terminal's width, or else `piped`.

    COLUMNS that is no whole number above zero is not heeded. The answer is never below 40, where tables end, nor above 240.
    """
    asked = os.environ.get("COLUMNS", "").strip()
    if asked.isascii() and asked.isdigit() and int(asked[:9]):
        return _within(int(asked[:9]))
    if not stream.isatty():
        return piped
    try:
        return _within(os.get_terminal_size(stream.fileno()).columns or 80)
    except (OSError, ValueError):
        return 80


def _within(columns: int) -> int:
    return min(max(columns, _LEAST), _MOST)
