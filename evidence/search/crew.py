"""The workers that try parameter sets: processes of this machine, or a Ray cluster. Results do not depend on the workers.

Each worker opens the tape once and then tries all sets that it gets. Results come in the order of the sets. The threads of the
kernel are not used here: the voters are Python code, and threads would wait for each other.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from agents.desk.world import World, tape_of
from config.errors import TribunalError, UsageFault
from evidence.search.fast import FastTape
from evidence.search.figures import Figures
from evidence.search.space import Values
from evidence.worlds.workers import opened

Floats = npt.NDArray[np.float64]


class Tried(NamedTuple):
    """The result of one set: bar returns of the session, shape (n_bars - 1,), float64 [simple return], the number of entries
    that the gate signed, and its figures."""

    returns: Floats
    signed: int
    figures: Figures


class Crew(Protocol):
    """Tries parameter sets."""

    def try_all(self, sets: Sequence[Values]) -> Iterator[Tried]:
        """The result of each set, in order. Raises the TribunalError of the first set that fails."""
        ...


class _Pool:
    """Workers that are processes."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def try_all(self, sets: Sequence[Values]) -> Iterator[Tried]:
        yield from self._pool.map(_try_here, sets)


class _Alone:
    """This process as the only worker."""

    def __init__(self, tape: FastTape) -> None:
        self._tape = tape

    def try_all(self, sets: Sequence[Values]) -> Iterator[Tried]:
        for values in sets:
            yield _tried(self._tape, values)


class _Cluster:
    """Workers that are Ray actors. Each set goes to the next free one."""

    def __init__(self, ray: Any, members: list[Any]) -> None:
        self._ray = ray
        self._members = members

    def try_all(self, sets: Sequence[Values]) -> Iterator[Tried]:
        asked = [self._members[n % len(self._members)].try_one.remote(values) for n, values in enumerate(sets)]
        for answer in asked:
            yield self._ray.get(answer)


class _Member:
    """The state of a Ray actor."""

    def __init__(self, world: str) -> None:
        found = World.model_validate_json(world)
        self._tape = FastTape(tape_of(found), found.settings)

    def try_one(self, values: Values) -> Tried:
        return _tried(self._tape, values)


_here: FastTape | TribunalError | None = None


@contextmanager
def open_crew(world: World, workers: int, *, ray: bool = False) -> Iterator[Crew]:
    """Open `workers` workers for a world. Raises UsageFault when Ray is not installed, the errors of opening a tape,
    and OutputFault when the processes are gone."""
    if ray:
        with _cluster(world, workers) as crew:
            yield crew
    elif workers <= 1:
        yield _Alone(FastTape(tape_of(world), world.settings))
    else:
        with opened(workers, _open_here, lambda _: (world.model_dump_json(),)) as pool:
            yield _Pool(pool)


@contextmanager
def _cluster(world: World, workers: int) -> Iterator[_Cluster]:
    """Actors of the cluster in RAY_ADDRESS, or of a cluster on this machine that is shut down afterwards."""
    try:
        import ray
    except ImportError as fault:
        raise UsageFault(
            'Ray is not installed; nothing was started. Run: pip install "tribunal[ray]", or leave out --ray.'
        ) from fault
    ray.init(ignore_reinit_error=True, log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    try:
        actor = ray.remote(_Member)
        yield _Cluster(ray, [actor.remote(world.model_dump_json()) for _ in range(max(1, workers))])
    finally:
        ray.shutdown()


def _open_here(world: str) -> None:
    global _here
    found = World.model_validate_json(world)
    try:
        _here = FastTape(tape_of(found), found.settings)
    except TribunalError as fault:  # it is raised where a set is tried, since a worker may not fail while it begins
        _here = fault


def _try_here(values: Values) -> Tried:
    if isinstance(_here, TribunalError):
        raise _here
    assert _here is not None
    return _tried(_here, values)


def _tried(tape: FastTape, values: Values) -> Tried:
    result = tape.run(values)
    returns = np.asarray(result.equity[1:] / result.equity[:-1] - 1.0)
    return Tried(returns, int(result.signed), tape.figures(values, result))
