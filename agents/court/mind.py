"""What can sit in the court. The rules mind does; models come behind the same protocol.

A mind argues. It never sizes, never fires an order, and never raises: what it cannot say, it abstains from.
"""

from collections.abc import Iterable
from typing import Protocol

from pydantic import Field

from agents.court.case import Case
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.llm.attempt import Attempt, Role
from config.frozen import Frozen
from config.silence import Abstained


class Voice(Frozen):
    """Whose words a role's word in a decision is: "provider/model", "rules" or "nobody", and why, where it was not asked for."""

    decision_id: str
    role: Role
    speaker: str
    why: str
    outlook: str | None = Field(default=None, exclude_if=lambda asked: asked is None)
    """Where the word is that of an outlook (see `agents.court.minds.outlooks`): under which decision_id that was asked."""


def speaker_of(voices: Iterable[Voice], decision_id: str, role: Role, otherwise: str) -> str:
    """Whose word stands for a role in a decision; `otherwise` where the mind speaks for all and names nobody."""
    found = (voice.speaker for voice in voices if voice.decision_id == decision_id and voice.role == role)
    return next(found, otherwise)


class Mind(Protocol):
    """Four roles. `name` says in the record whose words these are ("rules")."""

    @property
    def name(self) -> str: ...

    async def analyst(self, case: Case) -> AnalystOpinion | Abstained:
        """Judge the four horizons in one opinion."""
        ...

    async def risk_agent(self, case: Case) -> RiskOpinion | Abstained:
        """Check the book."""
        ...

    async def devils_advocate(
        self, case: Case, analyst: AnalystOpinion | Abstained, risk: RiskOpinion | Abstained
    ) -> AdvocateOpinion | Abstained:
        """Attack the analyst's case with counter-evidence."""
        ...

    async def supervisor(
        self,
        case: Case,
        analyst: AnalystOpinion | Abstained,
        risk: RiskOpinion | Abstained,
        advocate: AdvocateOpinion | Abstained,
    ) -> SupervisorOpinion | Abstained:
        """Approve, shrink or reject."""
        ...

    def transcripts(self) -> tuple[Attempt, ...]:
        """What was asked and answered since this was last called, by docket, role and number; nothing where nobody is asked.

        It is called between the waves of a docket, when nobody is speaking."""
        ...

    def voices(self) -> tuple[Voice, ...]:
        """Who spoke since this was last called, by docket and role; nothing where all words are the mind's own."""
        ...
