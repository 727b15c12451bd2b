"""What a session learns as its cases close: the records of its voters, and of the arguments about them.

It begins with what a file of earlier runs says (`--record`), or with nothing. Then only cases of this session count, from the bar
after the one that ended them.
"""

from collections.abc import Iterable, Sequence

from agents.court.hearing import Hearing
from agents.court.record import NOTHING_LEARNT, Arguments, CaseRecord, Learnt, ModelArguments, ModelWeights
from agents.memory.arguments import ArgumentsBook
from agents.memory.outcomes import Barriers
from agents.memory.voters import Voted, VotersBook
from agents.strategies.vote import Vote
from config.sections.court import TrustSettings
from config.settings import Settings
from market.bar import Slice


class Learner:
    """Both books of one session, and what they say of a case."""

    def __init__(
        self, barriers: Barriers, prior: float, known: Learnt = NOTHING_LEARNT, trust: TrustSettings | None = None
    ) -> None:
        """`prior`: closed cases that the assumption before any record weighs as much as. `known`: of earlier runs. `trust`: with
        what weight the arguments of models begin; None where they bound no ruling."""
        self._prior = prior
        self._trust = trust
        self._voters = VotersBook(barriers, known.voters)
        self._arguments = ArgumentsBook(barriers, known.arguments, apart=trust is not None)

    @property
    def learnt(self) -> Learnt:
        """What the closed cases of this session alone have taught."""
        return Learnt(voters=self._voters.records, arguments=self._arguments.records)

    def of(self, votes: Iterable[Vote], *, short: bool = False) -> CaseRecord:
        """What is known of the voters of a case, and of arguments about them. `short`: of a short sale."""
        cast = tuple(votes)
        known = self._arguments.of(cast, short=short)
        return CaseRecord(
            voters=self._voters.of(cast, short=short),
            analyst_weight=known.analyst.weight(self._prior),
            advocate_weight=known.advocate.weight(self._prior),
            models=self._models(known),
        )

    def _models(self, known: Arguments) -> ModelWeights | None:
        """What the arguments of models weigh; None where they bound no ruling."""
        if self._trust is None:
            return None
        models = known.models or ModelArguments()
        return ModelWeights(
            analyst=models.analyst.weight(self._prior, self._trust.analyst),
            advocate=models.advocate.weight(self._prior, self._trust.devils_advocate),
            horizons={horizon: record.weight(self._prior) for horizon, record in models.horizons.items()},
        )

    def close(self, tape: Slice, voted: Sequence[Voted], voters: Sequence[str], heard: Iterable[Hearing]) -> None:
        """At the end of a bar: count what it ended, then follow the votes and the cases of this bar."""
        self._voters.pass_bar(tape.bars, voted, voters)
        self._arguments.pass_slice(tape)
        for hearing in heard:
            self._arguments.add(hearing)


def trust_of(settings: Settings) -> TrustSettings | None:
    """With what weight the arguments of models begin in a session; None where they bound no ruling."""
    court = settings.court
    return court.trust if court.composition == "composed" and court.mind == "models" else None


def learns(settings: Settings) -> bool:
    """Whether a rule of the profile asks for records."""
    limits = settings.limits
    return (
        settings.court.without_record == "shrink"
        or trust_of(settings) is not None
        or limits.kelly_stake == "risk"
        or limits.unproven_fraction is not None
    )
