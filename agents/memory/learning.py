"""What a session learns as its cases close: the records of its voters, and of the arguments about them.

It begins with what a file of earlier runs says (`--record`), or with nothing. Then only cases of this session count, from the bar
after the one that ended them.
"""

from collections.abc import Iterable, Mapping, Sequence

from agents.court.hearing import Hearing
from agents.court.record import CaseRecord
from agents.memory.arguments import Arguments, ArgumentsBook
from agents.memory.outcomes import Barriers
from agents.memory.voters import Voted, VotersBook
from agents.strategies.vote import Vote
from config.settings import Settings
from market.bar import Slice
from risk.record import VotersRecord


class Learner:
    """Both books of one session, and what they say of a case."""

    def __init__(
        self,
        barriers: Barriers,
        prior: float,
        voters: Mapping[str, VotersRecord],
        arguments: Mapping[str, Arguments],
    ) -> None:
        """`prior`: closed cases that the assumption before any record weighs as much as."""
        self._prior = prior
        self.voters = VotersBook(barriers, voters)
        self.arguments = ArgumentsBook(barriers, arguments)

    def of(self, votes: Iterable[Vote]) -> CaseRecord:
        """What is known of the voters of a case, and of arguments about them."""
        cast = tuple(votes)
        known = self.arguments.of(cast)
        return CaseRecord(
            voters=self.voters.of(cast),
            analyst_weight=known.analyst.weight(self._prior),
            advocate_weight=known.advocate.weight(self._prior),
        )

    def close(self, tape: Slice, voted: Sequence[Voted], voters: Sequence[str], heard: Iterable[Hearing]) -> None:
        """At the end of a bar: count what it ended, then follow the votes and the cases of this bar."""
        self.voters.pass_bar(tape.bars, voted, voters)
        self.arguments.pass_slice(tape)
        for hearing in heard:
            self.arguments.add(hearing)


def learns(settings: Settings) -> bool:
    """Whether a rule of the profile asks for records."""
    limits = settings.limits
    return (
        settings.court.without_record == "shrink"
        or limits.kelly_stake == "risk"
        or limits.unproven_fraction is not None
    )
