"""How far a long computation is: a live bar on a terminal, a plain line every tenth elsewhere. It only looks."""

from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from config.clock import Stopwatch

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class StepProgress:
    """A context manager around `total` steps of one kind, named by `what`, shown on `stream`."""

    def __init__(self, total: int, what: str, stream: TextIO) -> None:
        self._total = max(1, total)
        self._what = what
        self._stream = stream
        self._done = 0
        self._tenths = 0
        self._doing = ""
        self._watch = Stopwatch()
        self._bar: Progress | None = None
        self._task: TaskID

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def now(self, doing: str) -> None:
        """What the next steps are about."""
        self._doing = doing

    def advance(self, steps: int) -> None:
        """So many more steps are done."""
        self._done += steps
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, state=self._doing)
        elif self._done * 10 // self._total > self._tenths:
            self._tenths = self._done * 10 // self._total
            seconds = self._watch.elapsed().total_seconds()
            self._stream.write(
                f"{self._tenths * 10:>3}%  {self._done:,} of {self._total:,} {self._what}, {self._doing}, {seconds:.0f} s\n"
            )
            self._stream.flush()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.percentage:>3.0f}%"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[state]}", markup=False),
            TimeRemainingColumn(),
            console=Console(file=self._stream),
            redirect_stdout=False,
            transient=True,
        )
        self._task = self._bar.add_task("", total=self._total, state="")
        self._bar.start()
