"""Shows progress: a bar on a terminal, a plain line at every tenth elsewhere, or nothing if no stream is given.

It writes to the given stream (stderr, since stdout is for results), redraws at most five times a second, and takes almost no time
from the work.
"""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from config.clock import Stopwatch

if TYPE_CHECKING:
    import rich.progress

_REDRAW_S = 0.2


class Progress:
    """A context manager around `total` steps; `what` names them in the plural. `stream` None shows nothing."""

    def __init__(self, total: int, what: str, stream: TextIO | None) -> None:
        self._total = max(1, total)
        self._what = what
        self._stream = stream
        self._done = 0
        self._drawn_s = 0.0
        self._tenths = 0
        self._tell: Callable[[], str] = self._counted
        self._watch = Stopwatch()
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID

    def __enter__(self) -> Self:
        self._watch = Stopwatch()
        if self._stream is not None and self._stream.isatty():
            self._open(self._stream)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._draw(self._bar, self._watch.elapsed().total_seconds())
            self._bar.stop()

    def advance(self, steps: int = 1, tell: Callable[[], str] | None = None) -> None:
        """Count `steps` more steps. `tell` gives the text beside them from now on; it is called only when the text is drawn."""
        self._done += steps
        if tell is not None:
            self._tell = tell
        if self._bar is not None:
            now_s = self._watch.elapsed().total_seconds()
            if now_s - self._drawn_s >= _REDRAW_S:
                self._draw(self._bar, now_s)
        elif self._stream is not None and self._done * 10 // self._total > self._tenths:
            self._line(self._stream)

    def about(self, subject: str) -> None:
        """Set the subject of the next steps, such as a market."""
        self._tell = lambda: f"{self._counted()}, {subject}"

    def _counted(self) -> str:
        return f"{self._done:,} of {self._total:,} {self._what}"

    def _line(self, stream: TextIO) -> None:
        """A plain line for logs and pipes."""
        self._tenths = self._done * 10 // self._total
        seconds = self._watch.elapsed().total_seconds()
        stream.write(f"{self._done * 100 // self._total:>3}%  {self._tell()}  {seconds:.0f} s\n")
        stream.flush()

    def _open(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.percentage:>3.0f}%"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[state]}", markup=False),
            console=Console(file=stream),
            auto_refresh=False,
            redirect_stdout=False,
            transient=True,
            get_time=lambda: self._watch.elapsed().total_seconds(),
        )
        self._task = self._bar.add_task("", total=self._total, state=self._tell())
        self._bar.start()

    def _draw(self, bar: "rich.progress.Progress", now_s: float) -> None:
        """Redraw the bar, and remember when."""
        self._drawn_s = now_s
        rate = self._done / now_s if now_s > 0 else 0.0
        left_s = int((self._total - self._done) / rate) if rate else 0
        speed = f"{rate:,.0f} {self._what}/s, {left_s // 60}:{left_s % 60:02d} left"
        bar.update(self._task, completed=self._done, state=f"{self._tell()}  {speed}", refresh=True)
