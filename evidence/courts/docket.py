"""The cases that several courts are compared on, each with what a purchase of it led to.

They are those of a session on the tape in which nobody sits: each proposal goes to the gate whole. So no court has chosen
them, and the book that every court is shown is the same.
"""

import asyncio
from dataclasses import dataclass

import numpy as np

from agents.court.hearing import Hearing
from agents.desk.description import describe
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.memory.outcomes import Barriers, CaseOutcome, Settler
from agents.records.record import CycleRecord
from agents.session import trade
from config.errors import DataFault
from config.seeds import generator
from config.settings import Settings
from evidence.rulings.worth import allowed_notional
from evidence.worlds.engine import Nowhere
from evidence.worlds.world import KEY, Tick
from market.tape import Tape


@dataclass(frozen=True, slots=True)
class DocketCase:
    """A case with the notional that the gate allows of it at a full scale [quote], and the net return of a purchase of it, to its
    stop, its target or its horizon [fraction]."""

    hearing: Hearing
    notional: float
    net_return: float


@dataclass(frozen=True, slots=True)
class Docket:
    """The cases, oldest first: `found` in the session, of which so many have an outcome, and those that are heard. `block`: how
    many of them are heard on average within one horizon, at least one."""

    found: int
    settled: int
    cases: tuple[DocketCase, ...]
    block: int
    quote: str
    horizon_bars: int


def docket_of(settings: Settings, tape: Tape, most: int, tick: Tick) -> Docket:
    """At most `most` cases of a session without a court, drawn with the profile's seed. Raises TribunalError, DataFault where no
    case has an outcome. `tick` is called with the number of new bars."""
    nobody = settings.model_copy(update={"court": settings.court.model_copy(update={"seats": (), "mind": "rules"})})
    session = describe(nobody, tape, KEY)
    barriers = Barriers.of(session)
    settler = Settler(barriers)
    hearings: list[Hearing] = []
    known: dict[str, CaseOutcome] = {}

    def seen(record: CycleRecord) -> None:
        known.update((outcome.decision_id, outcome) for outcome in settler.pass_slice(record.tape))
        for hearing in record.hearings:
            settler.add(hearing.case)
            hearings.append(hearing)
        tick(1)

    async def live() -> None:
        desk = open_paper(nobody, session, tape, Nowhere(), KEY, NOTHING_OUTSIDE)
        await trade(desk, lambda: False, seen)

    asyncio.run(live())
    settled = [
        DocketCase(hearing, allowed_notional(hearing, barriers), known[hearing.case.decision_id].return_bps / 1e4)
        for hearing in hearings
        if hearing.case.decision_id in known
    ]
    if not settled:
        raise DataFault(
            f"Of the {len(hearings)} cases that were proposed on these bars none has ended, so no ruling has a worth. "
            "Nothing was compared. Give more bars, or voters that propose more."
        )
    cases = _drawn(settled, most, settings.seed)
    block = max(1, -(-len(cases) * barriers.horizon_bars // max(1, len(tape))))
    quote = next(iter(session.instruments.values())).quote
    return Docket(len(hearings), len(settled), cases, block, quote, barriers.horizon_bars)


def _drawn(settled: list[DocketCase], most: int, seed: int) -> tuple[DocketCase, ...]:
    """At most `most` of them, drawn without replacement, in their order."""
    if len(settled) <= most:
        return tuple(settled)
    drawn = generator(seed, "compare").choice(len(settled), size=most, replace=False)
    return tuple(settled[int(place)] for place in np.sort(drawn))
