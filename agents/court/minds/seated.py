"""A mind of which some roles do not sit: in their place stands a neutral word, which leaves the ruling to the others.

For finding out what each role is worth. A neutral word is not silence: silence rejects a case (law 3). Where real orders could
follow, all four sit (see `config.settings.CourtSettings`).
"""

from agents.court.case import Case
from agents.court.mind import Mind, Voice
from agents.court.minds.neutral import neutral_words
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.llm.attempt import Attempt, Role
from config.silence import Abstained


class Seated:
    """A mind behind the roles of `seats`, and neutral words for the others."""

    def __init__(self, mind: Mind, seats: tuple[Role, ...]) -> None:
        self._mind = mind
        self._seats = frozenset(seats)

    @property
    def name(self) -> str:
        return self._mind.name

    async def analyst(self, case: Case) -> AnalystOpinion | Abstained:
        return await self._mind.analyst(case) if "analyst" in self._seats else neutral_words(case).analyst

    async def risk_agent(self, case: Case) -> RiskOpinion | Abstained:
        return await self._mind.risk_agent(case) if "risk_agent" in self._seats else neutral_words(case).risk_agent

    async def devils_advocate(
        self, case: Case, analyst: AnalystOpinion | Abstained, risk: RiskOpinion | Abstained
    ) -> AdvocateOpinion | Abstained:
        if "devils_advocate" in self._seats:
            return await self._mind.devils_advocate(case, analyst, risk)
        return neutral_words(case).devils_advocate

    async def supervisor(
        self,
        case: Case,
        analyst: AnalystOpinion | Abstained,
        risk: RiskOpinion | Abstained,
        advocate: AdvocateOpinion | Abstained,
    ) -> SupervisorOpinion | Abstained:
        """Without a supervisor nobody weighs: what the others said decides by itself, see `unweighed`."""
        if "supervisor" in self._seats:
            return await self._mind.supervisor(case, analyst, risk, advocate)
        return unweighed(case, analyst, risk, advocate)

    def transcripts(self) -> tuple[Attempt, ...]:
        return self._mind.transcripts()

    def voices(self) -> tuple[Voice, ...]:
        return self._mind.voices()


def unweighed(
    case: Case,
    analyst: AnalystOpinion | Abstained,
    risk: RiskOpinion | Abstained,
    advocate: AdvocateOpinion | Abstained,
) -> SupervisorOpinion | Abstained:
    """What stands where nobody weighs: nothing if the analyst sees no rise or the advocate's strength is above the analyst's
    conviction, else all that the risk agent lets stand. Silence of any of them stays silence."""
    if isinstance(analyst, Abstained) or isinstance(risk, Abstained) or isinstance(advocate, Abstained):
        return Abstained(why="the court is not complete")
    word = neutral_words(case).supervisor
    lost = analyst.direction != "long" or advocate.strength_pct > analyst.conviction_pct
    return word.model_copy(update={"scale_pct": 0}) if lost else word
