"""Many seeds at once: processes of this machine, or a Ray cluster. Same jobs, same results, in the order given.

A process is spawned, not forked, since torch does not survive a fork. It ignores Ctrl-C: the one that reads the keyboard ends all
of them, and each has its last good checkpoint on the disk. A process that dies by itself ends the training with a sentence.
"""

import logging
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeAlias

from config.errors import OutputFault, TribunalError, UsageFault
from rl.training.curve import LegReport
from rl.training.learner import SeedJob, SeedResult, train_seed

Report = Callable[[LegReport], None]
Pipe: TypeAlias = "Connection[Any, Any]"


class Crew:
    """Processes that train seeds, for one training after the other: each costs seconds to start, since it loads torch.

    They are started with the first jobs, and end with the `with` block, or with the first fault. With one worker there are none:
    this process trains.
    """

    def __init__(self, workers: int, *, ray: bool = False) -> None:
        self._workers, self._ray = workers, ray
        self._open = ExitStack()
        self._processes: dict[Pipe, BaseProcess] = {}

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *fault: object) -> None:
        self._end()

    def train(self, jobs: Sequence[SeedJob], report: Report) -> list[SeedResult]:
        """Train each seed; the results in the order of the jobs. `report` gets every point of every curve.

        Raises the TribunalError of the first seed that fails, and OutputFault for a process that was killed.
        """
        if self._ray:
            return _on_a_cluster(jobs, self._workers, report)
        if self._workers <= 1 or len(jobs) <= 1:
            return [train_seed(job, report) for job in jobs]
        if not self._processes:
            self._processes = self._open.enter_context(_crew(min(self._workers, len(jobs))))
        try:
            return _spread(list(jobs), self._processes, report)
        except BaseException:
            self._end()  # some are still busy with jobs that nobody waits for
            raise

    def _end(self) -> None:
        self._open.close()
        self._processes = {}


def _spread(jobs: list[SeedJob], crew: dict[Pipe, BaseProcess], report: Report) -> list[SeedResult]:
    """Hand out the jobs, and gather what the processes say until the last one is done."""
    busy: dict[Pipe, int] = {}
    made: dict[int, SeedResult] = {}
    following = iter(range(len(jobs)))
    for pipe in list(crew)[: len(jobs)]:
        _hand(pipe, jobs, busy, following)
    while busy:
        for pipe in [pipe for pipe in wait(list(busy)) if isinstance(pipe, Connection)]:
            try:
                said = pipe.recv()
            except EOFError:
                raise OutputFault(_gone(jobs[busy[pipe]].seed, crew[pipe])) from None
            match said:
                case LegReport():
                    report(said)
                case SeedResult():
                    made[busy.pop(pipe)] = said
                    _hand(pipe, jobs, busy, following)
                case TribunalError():
                    raise said
                case _:
                    raise RuntimeError(f"training of seed {jobs[busy[pipe]].seed} failed:\n{said}")
    return [made[number] for number in range(len(jobs))]


def _hand(pipe: Pipe, jobs: list[SeedJob], busy: dict[Pipe, int], following: Iterator[int]) -> None:
    number = next(following, None)
    if number is not None:
        busy[pipe] = number
        with suppress(BrokenPipeError):  # it is told where its answer is awaited
            pipe.send(jobs[number])


@contextmanager
def _crew(workers: int) -> Iterator[dict[Pipe, BaseProcess]]:
    """Processes that train what they are sent. They end with this block, whatever happens in it."""
    context = multiprocessing.get_context("spawn")
    crew: dict[Pipe, BaseProcess] = {}
    try:
        for _ in range(workers):
            ours, theirs = context.Pipe()
            process: BaseProcess = context.Process(target=_work, args=(theirs,), daemon=True)
            try:
                process.start()
            except OSError as fault:  # its end of the pipe is gone, or there are no more processes or files
                raise OutputFault(
                    f"A process that trains a seed cannot be started ({fault}); no seed was trained, and older checkpoints are "
                    "kept. Try fewer of them: --workers 1 works in one process."
                ) from fault
            theirs.close()
            crew[ours] = process
        yield crew
    finally:
        for pipe, process in crew.items():
            pipe.close()
            process.terminate()
        for process in crew.values():
            process.join()


def _leave_with(parent: BaseProcess | None) -> None:
    """End this process as soon as its parent has ended, however that was. What it wrote is whole: checkpoints are replaced."""
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(pipe: Pipe) -> None:
    """What a process does until nobody listens to it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            job = pipe.recv()
            try:
                pipe.send(train_seed(job, pipe.send))
            except TribunalError as fault:
                pipe.send(fault)
            except (BrokenPipeError, ConnectionResetError):
                return
            except Exception:  # noqa: BLE001 - it is told to the process that waits, which raises it
                pipe.send(traceback.format_exc())
            del job  # its tapes, while the next one is awaited


def _gone(seed: int, process: BaseProcess) -> str:
    process.join(1.0)
    return (
        f"The process that trained seed {seed} ended by itself (exit code {process.exitcode}); it may have been killed, or the "
        "memory was full. Its last checkpoint is kept; the same command goes on from there."
    )


def _on_a_cluster(jobs: Sequence[SeedJob], workers: int, report: Report) -> list[SeedResult]:
    """Train on the cluster in RAY_ADDRESS, or on one of this machine that is shut down afterwards.

    The curve of a seed is told when it is done. Raises UsageFault when Ray is not installed.
    """
    try:
        import ray
    except ImportError as fault:
        raise UsageFault(
            'Ray is not installed; nothing was started. Run: pip install "tribunal[ray]", or leave out --ray.'
        ) from fault
    ray.init(ignore_reinit_error=True, log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    try:
        task = ray.remote(num_cpus=1, max_retries=0)(_alone)
        results: list[SeedResult] = []
        for first in range(0, len(jobs), max(1, workers)):
            made = ray.get([task.remote(job) for job in jobs[first : first + max(1, workers)]])
            results += [_told(each, report) for each in made]
    finally:
        ray.shutdown()
    return results


def _alone(job: SeedJob) -> SeedResult | TribunalError:
    """One seed on a machine of a cluster; an error is an answer too, since Ray would wrap it."""
    try:
        return train_seed(job, _unheard)
    except TribunalError as fault:
        return fault


def _unheard(point: LegReport) -> None:
    """Nobody listens on a cluster before a seed is done."""


def _told(made: Any, report: Report) -> SeedResult:
    if isinstance(made, TribunalError):
        raise made
    assert isinstance(made, SeedResult)
    for point in made.curve:
        report(point)
    return made
