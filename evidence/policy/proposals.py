"""The tapes that a policy is trained and judged on: recorded or simulated bars, with the rulings of the rules court (`docket`).

read = read_proposals(world, seen)          the docket of a world, from the cache or from its bars
read.together()                             one tape: all markets in one account, as a session trades them
read.apart()                                a tape for each market, an account of its own for each
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from agents.court.policy_view import columns_of
from agents.desk.world import World, tape_of
from config.errors import UsageFault
from config.settings import Settings
from evidence.policy.docket import Docket, read_docket
from evidence.policy.kept import docket_hash, kept_or_read
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.votes import Votes
from execution.kernel.rules import rules_of
from market.instrument import Instrument
from market.tape import Tape
from rl.environment.contracts.course import ContractCourse, contract_rules_of
from rl.environment.tape import PolicyTape


@dataclass(frozen=True, eq=False)
class Proposals:
    """A world as a policy meets it. `instruments` in the order of the grid's symbols."""

    label: str
    docket: Docket
    instruments: tuple[Instrument, ...]
    settings: Settings
    bars_per_day: float

    def together(self) -> PolicyTape:
        """All markets in one account. Raises UsageFault for a profile that the kernel does not support."""
        return self._tape(self.label, self.docket.grid, self.docket.votes, range(len(self.instruments)))

    def apart(self) -> tuple[PolicyTape, ...]:
        """An account for each market that is voted for at all. Raises UsageFault as `together` does, and for perpetuals."""
        if self.docket.bars is not None:
            raise UsageFault(
                "Perpetuals are trained and judged in one account: what a short of one market hedges in another is part of what "
                "is learnt. Nothing was run; leave out --accounts apart, or give one market with --symbols."
            )
        made = []
        for column, symbol in enumerate(self.docket.grid.symbols):
            if bool((self.docket.votes.direction[:, column] > 0).any()):
                grid, votes = _market_of(self.docket, column)
                made.append(self._tape(symbol, grid, votes, range(column, column + 1)))
        return tuple(made)

    def _tape(self, name: str, grid: Grid, votes: Votes, columns: range) -> PolicyTape:
        settings, own = self.settings, slice(columns.start, columns.stop)
        if self.docket.bars is not None:
            contracts = contract_rules_of(self.instruments, settings, self.bars_per_day)
            course = ContractCourse(grid, votes, contracts, self.docket.bars)
            return PolicyTape(name, course, self.docket.court, self.bars_per_day)
        rules = rules_of(
            self.instruments[own], settings.limits, settings.exits, settings.venue, self.bars_per_day,
            resize_band=settings.court.resize_band, cost_edge=settings.court.cost_edge,
        )  # fmt: skip
        return PolicyTape(name, Course(grid, votes, rules), self.docket.court[:, own], self.bars_per_day)


def read_proposals(
    world: World,
    seen: Callable[[int], None] = lambda bars: None,
    *,
    tape: Tape | None = None,
    folder: Path | None = None,
) -> Proposals:
    """The proposals of a world; those of perpetuals, which hold every slice, are read anew each time.

    `tape`: its bars, if they are read already. `folder`: that of the cache, if not the usual one.

    Raises UsageFault and DataFault as `tape_of` and `read_docket` do.
    """
    bars = tape_of(world) if tape is None else tape
    settings = world.settings
    name = docket_hash(bars, settings)
    read = partial(read_docket, bars, settings, columns_of, seen)
    docket = read() if settings.market.perpetuals is not None else kept_or_read(name, read, folder)
    instruments = tuple(bars.instruments[symbol] for symbol in docket.grid.symbols)
    return Proposals(bars.source_label, docket, instruments, settings, bars.timeframe.bars_per_day)


def _market_of(docket: Docket, column: int) -> tuple[Grid, Votes]:
    """One market of a docket."""
    own, grid = slice(column, column + 1), docket.grid
    step_ms, columns = grid.columns.step_us // 1000, grid.columns
    close_ms = columns.begin_us // 1000 + step_ms * np.arange(1, len(grid) + 1, dtype=np.int64)
    prices, state, frozen = (
        columns.prices[:, :, own].copy(),
        columns.state[:, own].copy(),
        columns.frozen[:, own].copy(),
    )
    alone = grid_of(grid.symbols[own], grid.timeframe, close_ms, prices, state=state, frozen=frozen, first=grid.first)
    votes = {each.name: getattr(docket.votes, each.name) for each in fields(Votes)}
    said: dict[str, Any] = {
        name: None if part is None else np.ascontiguousarray(part[:, own]) for name, part in votes.items()
    }
    return alone, Votes(**said)
