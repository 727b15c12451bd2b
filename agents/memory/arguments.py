"""The records of the arguments of one session: what analyst and advocate said of cases, and how the cases ended.

A case that was heard is followed to the barriers of the system, whether it was traded or not. It counts for each voter that voted
for it, from the bar after its end on (law 6). A role that was silent has said nothing, and the case does not count for it.
"""

from collections.abc import Iterable, Mapping

from agents.court.hearing import Hearing
from agents.court.record import Arguments
from agents.memory.outcomes import Barriers, Settler
from agents.strategies.vote import Vote
from config.silence import Abstained
from market.bar import Slice
from risk.proposal import Direction


class ArgumentsBook:
    """The arguments about open cases, and the records by voter."""

    def __init__(self, barriers: Barriers, known: Mapping[str, Arguments]) -> None:
        """`known`: records that earlier runs have left, by voter."""
        self._barriers = barriers
        self._settler = Settler(barriers)
        self._open: dict[str, Hearing] = {}
        self._known = known
        self._records: dict[str, Arguments] = {}

    @property
    def records(self) -> dict[str, Arguments]:
        """What this session has taught of each voter, by its name."""
        return dict(self._records)

    def of(self, votes: Iterable[Vote]) -> Arguments:
        """The records on those who vote for a purchase."""
        found = Arguments()
        for voter in _voters(votes):
            for records in (self._known, self._records):
                found = found + records[voter] if voter in records else found
        return found

    def pass_slice(self, tape: Slice) -> None:
        """Count the cases that end at this bar."""
        for outcome in self._settler.pass_slice(tape):
            heard = self._open.pop(outcome.decision_id)
            self._count(heard, outcome.return_bps / 1e4 / self._barriers.stop_of(heard.case))
        if len(self._open) > self._settler.following:
            followed = self._settler.ids()
            self._open = {name: heard for name, heard in self._open.items() if name in followed}

    def add(self, hearing: Hearing) -> None:
        """Follow a case that was heard."""
        if hearing.case.proposal.direction is Direction.LONG:
            self._open[hearing.case.decision_id] = hearing
            self._settler.add(hearing.case)

    def _count(self, heard: Hearing, outcome: float) -> None:
        for voter in _voters(heard.case.proposal.votes):
            before = self._records.get(voter, Arguments())
            analyst, advocate = before.analyst, before.advocate
            if not isinstance(heard.analyst, Abstained):
                analyst = analyst.with_case(heard.analyst.belief, outcome)
            if not isinstance(heard.advocate, Abstained):
                advocate = advocate.with_case(1.0 - heard.advocate.strength_pct / 100, outcome)
            self._records[voter] = Arguments(analyst=analyst, advocate=advocate)


def _voters(votes: Iterable[Vote]) -> tuple[str, ...]:
    return tuple(vote.voter for vote in votes if vote.direction is Direction.LONG)
