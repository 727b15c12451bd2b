"""One market heard at the last bar of a tape, and nothing traded.

The full engine lives through the tape as a session would, but its court stands aside: no case is heard, so nothing is bought, and
the book at the last bar is the empty one of a session that has just begun. Then the case of one market is heard: as its voters
propose it, or, where they do not, as the entry that it would be. The gate signs or refuses as it would in a session; what it
signs is sent to nobody.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from agents.court.case import Case
from agents.court.graph import Court
from agents.court.hearing import Hearing
from agents.court.minds.watchlist import Watchlist
from agents.desk.outside import Outside
from agents.desk.paper import open_paper
from agents.llm.attempt import Attempt
from agents.records.record import CycleRecord, Session
from agents.session import trade
from agents.strategies.netting import as_entry, lean
from agents.strategies.vote import NetVote
from config.frozen import Journaled
from config.settings import Settings
from evidence.worlds.engine import Nowhere
from evidence.worlds.world import KEY, Tick
from market.tape import Tape
from risk.proposal import Direction

_AHEAD = "-outlook"


class Asked(NamedTuple):
    """What was heard of one market, and what models were asked. `unproposed` says why it was heard though no voter proposes it;
    empty if one does. `latest_utc`: when its voters last proposed it before; None if they never did."""

    hearing: Hearing
    attempts: tuple[Attempt, ...]
    unproposed: str
    latest_utc: datetime | None


async def hear_one(
    settings: Settings, session: Session, tape: Tape, symbol: str, outside: Outside, tick: Tick
) -> Asked | None:
    """Hear `symbol` at the last bar of the tape; None if it had no bar there, or nothing that voters could read.

    Raises TribunalError. `tick` is called with the number of new bars.
    """
    heard_by = _Attempts()
    desk = open_paper(settings, session, tape, heard_by, KEY, outside)
    looking = _LookingAt(symbol)
    aside = replace(desk, court=_StandsAside(), watchlist=looking, reserved=None)

    def seen(record: CycleRecord) -> None:
        tick(1)

    await trade(aside, lambda: False, seen)
    found = looking.found
    if found is None or found.case.as_of_utc != tape.end_utc:
        return None
    (hearing,) = await desk.court.hear((found.case,))
    latest = None if found.was_proposed else looking.proposed_utc
    return Asked(hearing, tuple(heard_by.found), found.unproposed, latest)


@dataclass(frozen=True, slots=True)
class _Found:
    case: Case
    unproposed: str

    @property
    def was_proposed(self) -> bool:
        return not self.unproposed


class _StandsAside(Court):
    """A court that hears nothing."""

    def __init__(self) -> None:
        """It has no bench."""

    async def hear(self, cases: tuple[Case, ...]) -> tuple[Hearing, ...]:
        return ()


class _LookingAt(Watchlist):
    """A watchlist of one market, so that the cycle makes a case of it at each bar. It asks nothing."""

    def __init__(self, symbol: str) -> None:
        """It needs no mind."""
        self._symbol = symbol
        self._said: NetVote | None = None
        self.found: _Found | None = None
        self.proposed_utc: datetime | None = None

    def near(self, proposals: Mapping[str, NetVote]) -> dict[str, NetVote]:
        self._said = proposals.get(self._symbol)
        return {} if self._said is None else {self._symbol: as_proposed(self._said)}

    def wants(self, case: Case) -> bool:
        assert self._said is not None
        unproposed = why_unproposed(self._said)
        made = case.model_copy(update={"decision_id": case.decision_id.removesuffix(_AHEAD)})
        self.found = _Found(made, unproposed)
        if not unproposed:
            self.proposed_utc = case.as_of_utc
        return False

    def begin(self, cases: Sequence[Case]) -> None:
        """Nothing is asked ahead."""

    async def rest(self) -> None:
        """Nothing is waited for."""

    async def land(self) -> AsyncIterator[Attempt]:
        none: tuple[Attempt, ...] = ()
        for attempt in none:
            yield attempt

    async def finish(self) -> None:
        """Nothing is open."""

    def cancel(self) -> None:
        """Nothing is open."""


def as_proposed(said: NetVote) -> NetVote:
    """The votes as the entry that they are, or would be: a short sale where they lean to one and not to a purchase, with the
    conviction of those that lean to it."""
    return said if said.opens else as_entry(said, short=_leans_short(said))


def why_unproposed(said: NetVote) -> str:
    """Why nobody proposes an entry, and as what it is heard all the same; empty if one is proposed."""
    if said.opens:
        return ""
    heard = f"It is heard as the {'short sale' if _leans_short(said) else 'purchase'} that it would be."
    if said.direction is Direction.SHORT:
        return f"The voters want to be out of it, and nothing of it is held. {heard}"
    if not said.votes:
        return f"No voter proposes anything here. {heard}"
    return f"The votes are too weak, or too much at odds, for a proposal. {heard}"


def _leans_short(said: NetVote) -> bool:
    return lean(said.votes, short=True) > max(0.0, lean(said.votes))


class _Attempts(Nowhere):
    """A sink that keeps what models were asked, and discards all else."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Attempt] = []

    def append(self, event: Journaled) -> int:
        if isinstance(event, Attempt):
            self.found.append(event)
        return super().append(event)
