"""The fast engine: compiled code that runs one account on recorded bars, with the same fills as the full engine.

Its input is the votes at each bar close: direction, conviction, the court's scale of the size, and ATR. It computes the rest:
entries from the next bar's book, stop, target and trailing stop, exits, fees, and the whole gate with VaR, ES, correlation and
breakers. Prices are whole ticks and quantities whole lots, so fills are the same to the digit; the parity tests compare both
engines.

It has no journal, asks no model and explains nothing, so what a sweep finds must be run through the full engine before it is
trusted. It refuses settings that it cannot reproduce (see `execution.kernel.rules`), and votes that are out of range.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from execution.kernel.grid import Grid
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.lanes import Lanes
from execution.kernel.lanes.result import KernelResult
from execution.kernel.lanes.votes import Votes
from execution.kernel.rules import Rules

P = TypeVar("P")
R = TypeVar("R")


def simulate(grid: Grid, votes: Votes, rules: Rules) -> KernelResult:
    """Run one account over a grid. Raises DataFault for votes of another shape, or out of their ranges."""
    lanes = Lanes([Course(grid, votes, rules)], asks=False)
    lanes.advance()
    return lanes.result(0)


def sweep(
    grid: Grid,
    sets: Iterable[P],
    prepare: Callable[[P], tuple[Votes, Rules]],
    digest: Callable[[P, KernelResult], R],
    workers: int = 1,
) -> Iterator[R]:
    """Run many parameter sets on one grid, `workers` at a time; yields what `digest` returns for each, in order.

    Threads suffice, since the compiled part runs without the interpreter's lock. A result is dropped after its digest.
    """

    def run(parameters: P) -> R:
        votes, rules = prepare(parameters)
        return digest(parameters, simulate(grid, votes, rules))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        yield from pool.map(run, sets)
