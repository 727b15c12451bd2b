"""A mind with empty seats: a role without a seat gives a neutral opinion and leaves the ruling to the others.

It serves to measure the worth of each role. A neutral opinion is not silence: silence rejects a case (law 3). When
real orders are possible, all four roles must be seated (see `config.settings.CourtSettings`).
"""

from agents.court.case import Case
from agents.court.mind import Mind, Voice
from agents.court.minds.neutral import neutral_words
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RebuttalOpinion, RiskOpinion, SupervisorOpinion
from agents.llm.attempt import Attempt, Role
from config.silence import Abstained
from risk.proposal import Direction


class Seated:
    """A mind for the roles in `seats`, and neutral opinions for the other roles."""

    def __init__(self, mind: Mind, seats: tuple[Role, ...], *, by_side: bool = True) -> None:
        """`by_side`: an empty seat is for a short sale as it is for a purchase (`court.sides`)."""
        self._mind = mind
        self._seats = frozenset(seats)
        self._by_side = by_side

    @property
    def name(self) -> str:
        return self._mind.name

    async def analyst(self, case: Case) -> AnalystOpinion | Abstained:
        if "analyst" in self._seats:
            return await self._mind.analyst(case)
        return neutral_words(case, by_side=self._by_side).analyst

    async def risk_agent(self, case: Case) -> RiskOpinion | Abstained:
        return await self._mind.risk_agent(case) if "risk_agent" in self._seats else neutral_words(case).risk_agent

    async def devils_advocate(
        self, case: Case, analyst: AnalystOpinion | Abstained, risk: RiskOpinion | Abstained
    ) -> AdvocateOpinion | Abstained:
        if "devils_advocate" in self._seats:
            return await self._mind.devils_advocate(case, analyst, risk)
        return neutral_words(case).devils_advocate

    def answers(self, case: Case) -> bool:
        """An empty seat of analyst or advocate has said nothing that could be attacked, or attacks nothing."""
        return {"analyst", "devils_advocate"} <= self._seats and self._mind.answers(case)

    async def rebuttal(
        self, case: Case, analyst: AnalystOpinion, advocate: AdvocateOpinion
    ) -> RebuttalOpinion | Abstained:
        return await self._mind.rebuttal(case, analyst, advocate)

    async def supervisor(
        self,
        case: Case,
        analyst: AnalystOpinion | Abstained,
        risk: RiskOpinion | Abstained,
        advocate: AdvocateOpinion | Abstained,
        answer: RebuttalOpinion | Abstained | None = None,
    ) -> SupervisorOpinion | Abstained:
        """Without a supervisor nobody weighs the opinions: they decide directly, see `unweighed`."""
        if "supervisor" in self._seats:
            return await self._mind.supervisor(case, analyst, risk, advocate, answer)
        return unweighed(case, analyst, risk, advocate, by_side=self._by_side)

    def transcripts(self) -> tuple[Attempt, ...]:
        return self._mind.transcripts()

    def voices(self) -> tuple[Voice, ...]:
        return self._mind.voices()


def unweighed(
    case: Case,
    analyst: AnalystOpinion | Abstained,
    risk: RiskOpinion | Abstained,
    advocate: AdvocateOpinion | Abstained,
    *,
    by_side: bool = True,
) -> SupervisorOpinion | Abstained:
    """Return the opinion that replaces the supervisor.

    The scale is 0 if the analyst expects no rise (with `by_side`, of a short sale no fall), or if the strength of the advocate
    is above the conviction of the analyst. Otherwise the scale is 100, and the scale of the risk agent limits it later. If any of
    them abstained, the result is an abstention.
    """
    if isinstance(analyst, Abstained) or isinstance(risk, Abstained) or isinstance(advocate, Abstained):
        return Abstained(why="the court is not complete")
    word = neutral_words(case).supervisor
    wanted = Direction.SHORT if by_side and case.proposal.is_short else Direction.LONG
    lost = analyst.direction is not wanted or advocate.strength_pct > analyst.conviction_pct
    return word.model_copy(update={"scale_pct": 0}) if lost else word
