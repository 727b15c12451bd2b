"""How far a session is: a live line on a terminal, a plain line every tenth elsewhere, nothing at all when told so.

It only looks. It writes to the stream it is given (stderr; stdout belongs to results), at most five times a second, and
costs the session next to nothing.
"""

from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from agents.records.record import CycleRecord
from config.clock import Stopwatch
from config.frozen import Journaled
from ops.tables.plain import count, moment, money

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_REDRAW_S = 0.2


class SessionProgress:
    """A context manager around a session of `total_bars`; `stderr` None shows nothing."""

    def __init__(self, total_bars: int, stderr: TextIO | None) -> None:
        self._total = max(1, total_bars)
        self._stream = stderr
        self._live = stderr is not None and stderr.isatty()
        self._done = 0
        self._drawn_s = 0.0
        self._next_line = self._total / 10
        self._watch = Stopwatch()
        self._last: tuple[datetime, Decimal, int, str | None] | None = None
        self._ruling = "none yet"
        self._bar: Progress | None = None
        self._task: TaskID

    def __enter__(self) -> Self:
        self._watch = Stopwatch()
        if self._live:
            self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._draw(self._watch.elapsed().total_seconds())
            self._bar.stop()

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Listen to a session: each record is one more bar, and so is one that a resumed run lives through again."""
        if not isinstance(event, CycleRecord):
            return
        if event.hearings:
            last = event.hearings[-1]
            self._ruling = f"{last.case.symbol} {last.ruling.outcome}, {last.verdict.outcome}"
        self.update(event.as_of_utc, event.portfolio.equity, len(event.portfolio.positions), self._ruling)

    def update(self, as_of: datetime, equity: Decimal, open_positions: int, last_ruling: str | None) -> None:
        """One more bar is done. Money in quote units; `last_ruling` in a few words."""
        self._done += 1
        if self._bar is not None:
            self._last = (as_of, equity, open_positions, last_ruling)
            now = self._watch.elapsed().total_seconds()
            if now - self._drawn_s >= _REDRAW_S:
                self._draw(now)
        elif self._stream is not None and self._done >= self._next_line:
            self._line(as_of, equity, open_positions, last_ruling)

    def _line(self, as_of: datetime, equity: Decimal, open_positions: int, last_ruling: str | None) -> None:
        """A plain line for logs and pipes."""
        assert self._stream is not None
        tenths = self._done * 10 // self._total
        self._next_line = (tenths + 1) * self._total / 10
        ruling = f", last ruling {last_ruling}" if last_ruling else ""
        self._stream.write(
            f"{self._done * 100 // self._total:>3}%  {moment(as_of)} UTC  equity {money(equity)}, {open_positions} open{ruling}\n"
        )
        self._stream.flush()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.percentage:>3.0f}%"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[state]}", markup=False),
            console=Console(file=self._stream),
            auto_refresh=False,
            redirect_stdout=False,
            transient=True,
            get_time=lambda: self._watch.elapsed().total_seconds(),
        )
        self._task = self._bar.add_task("", total=self._total, state="")
        self._bar.start()

    def _draw(self, now_s: float) -> None:
        """Redraw the live line, and remember when."""
        self._drawn_s = now_s
        if self._bar is None or self._last is None:
            return
        as_of, equity, open_positions, ruling = self._last
        rate = self._done / now_s if now_s > 0 else 0.0
        left_s = int((self._total - self._done) / rate) if rate else 0
        speed = f"{count(round(rate), 'bar')}/s, {left_s // 60}:{left_s % 60:02d} left"
        words = (f"{moment(as_of)} UTC", f"equity {money(equity)}", f"{open_positions} open", ruling or "", speed)
        state = "  ".join(word for word in words if word)
        self._bar.update(self._task, completed=self._done, state=state, refresh=True)


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
