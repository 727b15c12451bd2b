"""What can sit in the court. The rules mind does; models come behind the same protocol.

A mind argues. It never sizes, never fires an order, and never raises: what it cannot say, it abstains from.
"""

from typing import Protocol

from agents.case import Case
from agents.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from config.silence import Abstained


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
