"""The records of the arguments of one session: what analyst and advocate said of cases, and how the cases ended.

A case that was heard is followed to the barriers of the system, whether it was traded or not. It counts for each voter that voted
for it, from the bar after its end on (law 6). A role that was silent has said nothing, and the case does not count for it. Where
the arguments of models bound rulings, what they say has records of its own: what the rules were worth says nothing about a model.
"""

from collections.abc import Iterable, Mapping

from agents.court.bounds import RULES
from agents.court.hearing import Hearing
from agents.court.opinion import HorizonView
from agents.court.record import NO_ARGUMENTS, Arguments, ModelArguments
from agents.llm.attempt import Role
from agents.memory.outcomes import Barriers, Settler
from agents.strategies.vote import Vote, is_behind, record_of
from config.silence import Abstained
from market.bar import Slice


class ArgumentsBook:
    """The arguments about open cases, and the records by voter."""

    def __init__(self, barriers: Barriers, known: Mapping[str, Arguments], *, apart: bool = False) -> None:
        """`known`: records that earlier runs have left, by voter. `apart`: count the words of models apart."""
        self._apart = apart
        self._barriers = barriers
        self._settler = Settler(barriers)
        self._open: dict[str, Hearing] = {}
        self._known = known
        self._records: dict[str, Arguments] = {}

    @property
    def records(self) -> dict[str, Arguments]:
        """What this session has taught of each voter, by its name."""
        return dict(self._records)

    def of(self, votes: Iterable[Vote], *, short: bool = False) -> Arguments:
        """The records on those who vote for a purchase, or for a `short` sale."""
        found = Arguments()
        for voter in _voters(votes, short=short):
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
        if hearing.case.proposal.opens:
            self._open[hearing.case.decision_id] = hearing
            self._settler.add(hearing.case)

    def _count(self, heard: Hearing, outcome: float) -> None:
        short = heard.case.proposal.is_short
        for voter in _voters(heard.case.proposal.votes, short=short):
            before = self._records.get(voter, Arguments())
            models = before.models or ModelArguments()
            ours = {"analyst": before.analyst, "advocate": before.advocate}
            theirs = {"analyst": models.analyst, "advocate": models.advocate}
            horizons, spoke = dict(models.horizons), False
            if not isinstance(heard.analyst, Abstained):
                by_model = self._is_model(heard, "analyst")
                said = theirs if by_model else ours
                said["analyst"] = said["analyst"].with_case(heard.analyst.belief_in(short=short), outcome)
                spoke |= by_model
                for view in heard.analyst.horizons if by_model else ():
                    if isinstance(view, HorizonView):
                        horizon = horizons.get(view.horizon, NO_ARGUMENTS)
                        horizons[view.horizon] = horizon.with_case(view.belief_in(short=short), outcome)
            if not isinstance(heard.advocate, Abstained):
                by_model = self._is_model(heard, "devils_advocate")
                said = theirs if by_model else ours
                said["advocate"] = said["advocate"].with_case(1.0 - heard.advocate.strength_pct / 100, outcome)
                spoke |= by_model
            self._records[voter] = Arguments(
                **ours, models=ModelArguments(**theirs, horizons=horizons) if spoke else before.models
            )

    def _is_model(self, heard: Hearing, role: Role) -> bool:
        """Whether this word counts for models."""
        return self._apart and heard.speaker(role) != RULES


def _voters(votes: Iterable[Vote], *, short: bool) -> tuple[str, ...]:
    return tuple(record_of(vote.voter, short=short) for vote in votes if is_behind(vote, short=short))
