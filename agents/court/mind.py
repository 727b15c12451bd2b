"""The protocol of a mind: the rules mind implements it, and so do models.

A mind argues. It never sets a size, never sends an order and never raises an error: when it cannot give an opinion,
it abstains.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from pydantic import Field

from agents.court.case import Case
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    Evidence,
    RebuttalOpinion,
    RiskOpinion,
    SupervisorOpinion,
)
from agents.llm.attempt import Attempt, Question, Role
from config.frozen import Frozen, absent
from config.silence import Abstained

Overheard = Callable[[Case, str, Abstained | Frozen, tuple[Evidence, ...]], object]
"""Is told what a role has said of a case, and the evidence that was struck out of it."""


class Voice(Frozen):
    """Who spoke for a role in a decision: "provider/model", "rules" or "nobody"; and the reason if no model was asked
    or none answered.
    """

    decision_id: str
    role: Role
    speaker: str
    why: str
    outlook: str | None = Field(default=None, exclude_if=absent)
    """The decision_id of the outlook that gave this opinion (see `agents.court.minds.outlooks`); None if there was
    none.
    """
    question: Question | None = Field(default=None, exclude_if=absent)
    """What the role was asked; None for its opinion."""


def speaker_of(voices: Iterable[Voice], decision_id: str, role: Role, otherwise: str) -> str:
    """Return who spoke for a role in a decision; `otherwise` if the mind speaks for all roles and records no voices."""
    found = (
        voice.speaker
        for voice in voices
        if voice.decision_id == decision_id and voice.role == role and voice.question is None
    )
    return next(found, otherwise)


class Mind(Protocol):
    """Four roles. `name` identifies the mind in the record ("rules")."""

    @property
    def name(self) -> str: ...

    async def analyst(self, case: Case) -> AnalystOpinion | Abstained:
        """Judge the four horizons in one opinion."""
        ...

    async def risk_agent(self, case: Case) -> RiskOpinion | Abstained:
        """Check the account."""
        ...

    async def devils_advocate(
        self, case: Case, analyst: AnalystOpinion | Abstained, risk: RiskOpinion | Abstained
    ) -> AdvocateOpinion | Abstained:
        """Attack the analyst's case with counter-evidence."""
        ...

    def answers(self, case: Case) -> bool:
        """Return whether the analyst of this case can be asked to answer an attack: one that is a model."""
        ...

    async def rebuttal(
        self, case: Case, analyst: AnalystOpinion, advocate: AdvocateOpinion
    ) -> RebuttalOpinion | Abstained:
        """Answer the heaviest attack, as the analyst."""
        ...

    async def supervisor(
        self,
        case: Case,
        analyst: AnalystOpinion | Abstained,
        risk: RiskOpinion | Abstained,
        advocate: AdvocateOpinion | Abstained,
        answer: RebuttalOpinion | Abstained | None = None,
    ) -> SupervisorOpinion | Abstained:
        """Approve, reduce or reject. `answer`: the analyst's to the attack; None if it was not asked for."""
        ...

    def transcripts(self) -> tuple[Attempt, ...]:
        """Return the attempts since the last call, by docket, role and number; empty for a mind that asks no model.

        It is called between the waves of a docket, when no role is speaking.
        """
        ...

    def voices(self) -> tuple[Voice, ...]:
        """Return who spoke since the last call, by docket and role; empty if the mind speaks for all roles itself."""
        ...
