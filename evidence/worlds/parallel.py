"""Many worlds at once, a process each, with one progress bar over all of them. Same jobs, same results, in the order given.

Ctrl-C ends all of them.
"""

import sys
from collections.abc import Callable, Sequence
from multiprocessing.context import SpawnContext
from multiprocessing.sharedctypes import Synchronized
from threading import Event, Thread
from typing import TypeVar

from agents.desk.world import World
from config.progress import Progress
from evidence.worlds.workers import opened
from evidence.worlds.world import Curve, Tick, curve_of

Job = TypeVar("Job")
Result = TypeVar("Result")

_LOOK_S = 0.2
_done: "Synchronized[int] | None" = None


def curves(worlds: Sequence[World], *, bars: int, workers: int, what: str, quiet: bool) -> list[Curve]:
    """The curve of each world. `bars`: all bars of all of them, for the progress bar. Raises TribunalError of any."""
    return spread(curve_of, worlds, total=bars, workers=workers, what=what, quiet=quiet)


def spread(
    work: Callable[[Job, Tick], Result],
    jobs: Sequence[Job],
    *,
    total: int,
    workers: int,
    what: str,
    quiet: bool,
) -> list[Result]:
    """`work(job, tick)` for each job, in processes; with one worker, in this one. `total` ticks of `what` fill the bar."""
    if workers <= 1 or len(jobs) <= 1:
        with progress(total, what, quiet=quiet) as shown:
            return [work(job, shown.advance) for job in jobs]
    counted: list[Synchronized[int]] = []

    def counter(context: SpawnContext) -> tuple["Synchronized[int]"]:
        counted.append(context.Value("q", 0))
        return (counted[0],)

    with (
        progress(total, what, quiet=quiet) as shown,
        opened(min(workers, len(jobs)), _begin, counter) as pool,
        _Watching(shown, counted[0]),
    ):
        return list(pool.map(_worked, [(work, job) for job in jobs]))


def progress(total: int, what: str, *, quiet: bool) -> Progress:
    """A bar on stderr over `total` steps, named by `what`."""
    return Progress(total, what, None if quiet else sys.stderr)


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

    def __init__(self, shown: Progress, counter: "Synchronized[int]") -> None:
        self._shown, self._counter, self._over = shown, counter, Event()
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
            self._shown.advance(now - seen)
            seen = now
        self._shown.advance(self._counter.value - seen)
