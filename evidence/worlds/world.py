"""A world that a process of its own can open: files, window and settings, and the curve that the full engine makes in it.

Nothing is journaled, and nothing else is left out: the cycle, the court, the gate and the venue are those of a run.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from agents.desk.description import describe
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.desk.request import with_more
from agents.records.record import CycleRecord
from agents.session import trade
from config.frozen import Frozen, UtcTime
from config.settings import Settings
from evidence.worlds.engine import Nowhere, scripted
from evidence.worlds.votes import Votes
from market.tape import Tape, recorded_tape, simulated_tape

_KEY = b"nothing of this is journaled".ljust(32, b".")
"""Seals orders within one process; no journal and no venue of anybody's ever sees it."""
_TELL_EVERY = 250

Tick = Callable[[int], None]


class World(Frozen):
    """Recorded bars (or none: the simulated market of the settings), a window, finer bars and funding, and the settings."""

    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] | None = None
    start_utc: UtcTime | None = None
    end_utc: UtcTime | None = None
    detail: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()
    settings: Settings


class Curve(Frozen):
    """What came of a world. `equity` (quote units) begins with the starting cash: shape (n_bars + 1,)."""

    equity: tuple[float, ...]
    start_utc: UtcTime
    timeframe_s: int
    trades: int
    hearings: int
    rulings: dict[str, int]
    signed: int
    deployed: float
    """Mean share of equity that was deployed."""


def tape_of_world(world: World) -> Tape:
    """Its bars. Raises DataFault, UsageFault."""
    if not world.data:
        return simulated_tape(world.settings)
    paths = [Path(path) for path in world.data]
    tape = recorded_tape(world.settings, paths, world.symbols, world.start_utc, world.end_utc)
    return with_more(tape, world.detail, world.funding)


def curve_of(world: World, tick: Tick, tape: Tape | None = None, votes: Votes | None = None) -> Curve:
    """Live through a world with the full engine, by its own voters or by these votes. Raises TribunalError.

    `tick` is told how many bars have been done.
    """
    return asyncio.run(_curve(world, tick, tape or tape_of_world(world), votes))


async def _curve(world: World, tick: Tick, tape: Tape, votes: Votes | None) -> Curve:
    session = describe(world.settings, tape, _KEY)
    desk = open_paper(world.settings, session, tape, Nowhere(), _KEY, NOTHING_OUTSIDE)
    if votes is not None:
        desk = scripted(desk, votes)
    equity = [float(world.settings.venue.starting_cash)]
    rulings: Counter[str] = Counter()
    hearings = signed = untold = 0
    deployed = 0.0

    def seen(record: CycleRecord) -> None:
        nonlocal hearings, signed, untold, deployed
        equity.append(float(record.portfolio.equity))
        deployed += record.exposure.deployed_fraction
        hearings += len(record.hearings)
        rulings.update(str(hearing.ruling.outcome) for hearing in record.hearings)
        signed += sum(hearing.verdict.order is not None for hearing in record.hearings)
        untold += 1
        if untold == _TELL_EVERY:
            tick(untold)
            untold = 0

    await trade(desk, lambda: False, seen)
    tick(untold)
    return Curve(
        equity=tuple(equity),
        start_utc=session.start_utc,
        timeframe_s=session.timeframe.seconds,
        trades=len(desk.trader.ledger.trades),
        hearings=hearings,
        rulings=dict(rulings),
        signed=signed,
        deployed=deployed / max(1, session.bars),
    )
