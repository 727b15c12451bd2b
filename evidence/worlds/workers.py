"""Processes that work for this one. Those that cannot be started, or end by themselves, end the command with one sentence.

They are spawned, not forked: numerical libraries with threads do not survive a fork. None of them outlives a fault.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import SpawnContext
from typing import Any, ParamSpec, TypeVar

from config.errors import OutputFault

P = ParamSpec("P")
Result = TypeVar("Result")


@contextmanager
def opened(
    workers: int, begin: Callable[..., object], given: Callable[[SpawnContext], tuple[Any, ...]]
) -> Iterator[Executor]:
    """`workers` processes, each of which first calls `begin` with what `given` makes. `begin` must not raise.

    Raises OutputFault when processes cannot be started or end by themselves.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    try:
        pool = _Pool(workers, context, begin, given(context))
    except OSError as fault:  # no shared memory, no file handles
        raise OutputFault(_said("cannot be started", fault)) from fault
    try:
        with pool:
            yield pool
    except BrokenExecutor as fault:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
            process.join()
        raise OutputFault(_said("ended by themselves", fault)) from fault


class _Pool(ProcessPoolExecutor):
    """Starts its processes when it gets work: what goes wrong there is no fault of the work."""

    def submit(self, work: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs) -> Future[Result]:
        try:
            return super().submit(work, *args, **kwargs)
        except OSError as fault:
            raise BrokenExecutor(str(fault)) from fault


def _said(what: str, fault: Exception) -> str:
    return (
        f"The worker processes {what} ({str(fault).rstrip('.')}); they may have been killed, or the memory was full. The command "
        "stopped; what it had finished and written is kept. Try fewer of them: --workers 1 works in one process."
    )
