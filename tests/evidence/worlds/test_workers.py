"""Worker processes that die, or cannot be started, end a command with one sentence, and none is left behind."""

import multiprocessing
import operator
import os
import sys
from collections.abc import Iterator
from multiprocessing import spawn
from multiprocessing.context import SpawnContext

import pytest

from config.errors import OutputFault
from evidence.worlds.workers import opened

SENTENCE = r"The worker processes .* --workers 1 works in one process\."


@pytest.fixture
def other_python() -> Iterator[None]:
    """Processes are started from a program that ends at once, before it has read what it should do."""
    own = spawn.get_executable()
    multiprocessing.get_context("spawn").Value("q", 0)  # so that the tracker of shared memory runs already
    spawn.set_executable("/bin/false")
    yield
    spawn.set_executable(own)


def nothing(context: SpawnContext) -> tuple[int, ...]:
    return ()


def idle() -> None:
    """A beginning that does nothing."""


def failing() -> None:
    """A beginning that ends its process."""
    sys.exit(3)


def failing_at(job: int) -> int:
    if job == 2:
        os._exit(9)
    return job


def test_processes_that_live_do_their_work_in_order() -> None:
    with opened(2, idle, nothing) as pool:
        assert list(pool.map(operator.neg, [1, 2, 3])) == [-1, -2, -3]


def test_a_process_that_is_killed_at_its_work_ends_all_with_a_sentence() -> None:
    with pytest.raises(OutputFault, match=SENTENCE), opened(2, idle, nothing) as pool:
        list(pool.map(failing_at, [1, 2, 3, 4]))
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("other_python")
def test_processes_that_die_at_their_start_do_too() -> None:
    with pytest.raises(OutputFault, match=SENTENCE), opened(2, idle, nothing) as pool:
        list(pool.map(operator.neg, range(100)))
    assert multiprocessing.active_children() == []


def test_a_program_that_is_not_there_does_too() -> None:
    own = spawn.get_executable()
    spawn.set_executable("/bin/false/no/such/program")
    try:
        with pytest.raises(OutputFault, match=SENTENCE), opened(2, idle, nothing) as pool:
            list(pool.map(operator.neg, range(100)))
    finally:
        spawn.set_executable(own)


def test_a_machine_without_shared_memory_is_told() -> None:
    def none(context: SpawnContext) -> tuple[int, ...]:
        raise OSError(38, "Function not implemented")

    with pytest.raises(OutputFault, match=r"cannot be started \(.*Function not implemented\)"), opened(2, idle, none):
        pass


def test_a_fault_of_the_work_itself_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), opened(2, idle, nothing) as pool:
        list(pool.map(operator.truediv, [1], [0]))
