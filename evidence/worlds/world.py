"""The curve that the full engine makes in a world, which a process of its own can open.

Only the journal is left out: the cycle, the court, the gate and the venue are those of a normal run.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from agents.desk.description import describe
from agents.desk.models import models_of
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.desk.world import World, tape_of
from agents.llm.asking import Asker
from agents.records.record import CycleRecord
from agents.session import trade
from config.frozen import Frozen, UtcTime
from config.secrets import load_secrets
from evidence.worlds.cast import CastBallots, recast
from evidence.worlds.engine import Nowhere, scripted
from evidence.worlds.votes import NettedVotes
from market.tape import Tape

KEY = b"nothing of this is journaled".ljust(32, b".")
"""The key that seals orders within one process. No journal and no real venue uses it."""
_TELL_EVERY = 250

Tick = Callable[[int], None]


class Curve(Frozen):
    """The result of a world. `equity` [quote] begins with the starting cash, shape (n_bars + 1,)."""

    equity: tuple[float, ...]
    start_utc: UtcTime
    timeframe_s: int
    trades: int
    hearings: int
    rulings: dict[str, int]
    signed: int
    deployed: float
    """Mean share of equity that was deployed [fraction]."""
    fees: float = 0.0
    """All fees [quote]."""
    model_usd: float = 0.0
    """What models have cost [USD]."""


Votes = NettedVotes | CastBallots
"""Votes in the place of those of the voters: netted ones of a single script, or ballots of each voter."""


def curve_of(world: World, tick: Tick, tape: Tape | None = None, votes: Votes | None = None) -> Curve:
    """Live through a world with the full engine, by its own voters or by these votes, and without models. Raises TribunalError.

    `tick` is called with the number of new bars.
    """
    return asyncio.run(_curve(world, tick, tape or tape_of(world), votes, None))


def curve_with_models(world: World, tick: Tick) -> Curve:
    """The same by its own voters, with the models that the profile seats in the court. Raises TribunalError."""

    async def lived() -> Curve:
        settings = world.settings
        async with models_of(settings, load_secrets(also=settings.minds.key_variables)) as asker:
            return await _curve(world, tick, tape_of(world), None, asker)

    return asyncio.run(lived())


async def _curve(world: World, tick: Tick, tape: Tape, votes: Votes | None, asker: Asker | None) -> Curve:
    session, nowhere = describe(world.settings, tape, KEY), Nowhere()
    desk = open_paper(world.settings, session, tape, nowhere, KEY, NOTHING_OUTSIDE._replace(asker=asker))
    if votes is not None:
        desk = recast(desk, votes) if isinstance(votes, CastBallots) else scripted(desk, votes)
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
        deployed=deployed / max(1, len(tape)),
        fees=float(desk.trader.ledger.fees),
        model_usd=float(nowhere.model_usd),
    )
