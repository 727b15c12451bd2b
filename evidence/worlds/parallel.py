"""Many worlds at once, a process each, with one progress bar over all of them. Same jobs, same results, in the order given.

Processes are spawned, not forked: numerical libraries with threads do not survive a fork. Ctrl-C ends all of them.
"""

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from threading import Event, Thread
from typing import TypeVar

from agents.desk.world import World
from evidence.worlds.world import Curve, Tick, curve_of

Job = TypeVar("Job")
Result = TypeVar("Result")

_LOOK_S = 0.2
_done: "Synchronized[int] | None" = None


def curves(worlds: Sequence[World], *, bars: int, workers: int, title: str, quiet: bool) -> list[Curve]:
    """The curve of each world. `bars`: all bars of all of them, for the progress bar. Raises TribunalError of any."""
    return spread(curve_of, worlds, total=bars, workers=workers, title=title, quiet=quiet)


def spread(
    work: Callable[[Job, Tick], Result],
    jobs: Sequence[Job],
    *,
    total: int,
    workers: int,
    title: str,
    quiet: bool,
) -> list[Result]:
    """`work(job, tick)` for each job, in processes; with one worker, in this one. `total` ticks fill the bar."""
    if workers <= 1 or len(jobs) <= 1:
        with _Bar(total, title, quiet) as bar:
            return [work(job, bar.add) for job in jobs]
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    with (
        _Bar(total, title, quiet) as bar,
        ProcessPoolExecutor(min(workers, len(jobs)), context, _begin, (counter,)) as pool,
        bar.watching(counter),
    ):
        return list(pool.map(_worked, [(work, job) for job in jobs]))


@contextmanager
def progress(total: int, title: str, *, quiet: bool) -> Iterator[Tick]:
    """A bar on stderr over `total` steps; call what it gives with how many are done."""
    with _Bar(total, title, quiet) as bar:
        yield bar.add


def _begin(counter: "Synchronized[int]") -> None:
    global _done
    _done = counter


def _worked(task: tuple[Callable[[Job, Tick], Result], Job]) -> Result:
    work, job = task
    return work(job, _tick)


def _tick(more: int) -> None:
    if _done is not None:
        with _done.get_lock():
            _done.value += more


class _Watching:
    """Moves a bar while processes work."""

    def __init__(self, bar: "_Bar", counter: "Synchronized[int]") -> None:
        self._bar, self._counter, self._over = bar, counter, Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        seen = 0
        while not self._over.wait(_LOOK_S):
            now = self._counter.value
            self._bar.add(now - seen)
            seen = now
        self._bar.add(self._counter.value - seen)


class _Bar:
    """A rich progress bar on stderr, or none."""

    def __init__(self, total: int, title: str, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(file=sys.stderr, quiet=quiet)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(title, total=total)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def add(self, more: int) -> None:
        self._progress.advance(self._task, more)

    def watching(self, counter: "Synchronized[int]") -> _Watching:
        return _Watching(self, counter)
