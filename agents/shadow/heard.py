"""What a shadow court has said: the event that the journal holds of it. Nothing follows from it."""

from typing import ClassVar, Self

from pydantic import Field

from agents.court.hearing import Argued
from agents.court.mind import Voice, speaker_of
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RebuttalOpinion, RiskOpinion, SupervisorOpinion
from agents.court.ruling import Ruling, Struck
from agents.llm.attempt import Attempt, Role
from config.frozen import Frozen, Journaled, UtcTime, absent, empty
from config.silence import Abstained


class ShadowWord(Frozen):
    """What a shadow court said of one case, which stands in the record of its bar."""

    decision_id: str = Field(description="the case")
    symbol: str = Field(description="its market")
    mind: str = Field(description="the mind of this court: rules, models")
    voices: tuple[Voice, ...] = Field(default=(), description="who spoke for each role")
    analyst: AnalystOpinion | Abstained
    risk_agent: RiskOpinion | Abstained
    advocate: AdvocateOpinion | Abstained
    supervisor: SupervisorOpinion | Abstained
    struck: tuple[Struck, ...] = Field(description="evidence that does not match the case")
    ruling: Ruling = Field(description="what this court would have left of the size")
    rebuttal: RebuttalOpinion | Abstained | None = Field(
        default=None, exclude_if=absent, description="the analyst's answer to the heaviest attack, if it was asked for"
    )

    @classmethod
    def of(cls, argued: Argued) -> Self:
        """The words of a case that was argued."""
        said = {name: value for name, value in vars(argued).items() if name != "case"}
        return cls.of_ours(decision_id=argued.case.decision_id, symbol=argued.case.symbol, **said)

    def speaker(self, role: Role) -> str:
        """Who spoke for a role: "provider/model", "rules" or "nobody"."""
        return speaker_of(self.voices, self.decision_id, role, self.mind)


class ShadowHeard(Journaled):
    """A shadow court has heard the cases of one close. Nothing follows from it."""

    event_kind: ClassVar[str] = "shadow_heard"

    as_of_utc: UtcTime = Field(description="the close at which the cases were heard")
    words: tuple[ShadowWord, ...] = Field(description="its words, in the order of the cases; none where it failed")
    attempts: tuple[Attempt, ...] = Field(
        default=(), exclude_if=empty, description="its requests to models, in their order"
    )
    why: str | None = Field(default=None, exclude_if=absent, description="why it could say nothing; absent if it could")
