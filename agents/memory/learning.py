"""What a session learns as its cases close: the records of its voters, and of the arguments about them.

It begins with what a file of earlier runs says (`--record`), or with nothing. Then only cases of this session count, from the bar
after the one that ended them.
"""

from collections.abc import Iterable, Sequence

from agents.court.hearing import Hearing
from agents.court.record import NOTHING_LEARNT, CaseRecord, Learnt
from agents.memory.arguments import ArgumentsBook
from agents.memory.outcomes import Barriers
from agents.memory.voters import Voted, VotersBook
from agents.strategies.vote import Vote
from config.settings import Settings
from market.bar import Slice


class Learner:
    """Both books of one session, and what they say of a case."""

    def __init__(self, barriers: Barriers, prior: float, known: Learnt = NOTHING_LEARNT) -> None:
        """`prior`: closed cases that the assumption before any record weighs as much as. `known`: of earlier runs."""
        self._prior = prior
        self._voters = VotersBook(barriers, known.voters)
        self._arguments = ArgumentsBook(barriers, known.arguments)

    @property
    def learnt(self) -> Learnt:
        """What the closed cases of this session alone have taught."""
        return Learnt(voters=self._voters.records, arguments=self._arguments.records)

    def of(self, votes: Iterable[Vote]) -> CaseRecord:
        """What is known of the voters of a case, and of arguments about them."""
        cast = tuple(votes)
        known = self._arguments.of(cast)
        return CaseRecord(
            voters=self._voters.of(cast),
            analyst_weight=known.analyst.weight(self._prior),
            advocate_weight=known.advocate.weight(self._prior),
        )

    def close(self, tape: Slice, voted: Sequence[Voted], voters: Sequence[str], heard: Iterable[Hearing]) -> None:
        """At the end of a bar: count what it ended, then follow the votes and the cases of this bar."""
        self._voters.pass_bar(tape.bars, voted, voters)
        self._arguments.pass_slice(tape)
        for hearing in heard:
            self._arguments.add(hearing)


def learns(settings: Settings) -> bool:
    """Whether a rule of the profile asks for records."""
    limits = settings.limits
    return (
        settings.court.without_record == "shrink"
        or limits.kelly_stake == "risk"
        or limits.unproven_fraction is not None
    )
