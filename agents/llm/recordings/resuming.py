"""Goes on asking where a killed run stopped: what its journal holds is answered from there, and only the rest is asked.

So the past comes out as it was and is not paid twice; of the bar that was under way only the wave that was asked is asked again,
because its attempts were not in the journal yet. What the decision has cost by the journal counts against its budget. A role
whose asking was cut off by the end of the journal keeps the attempts that are there, and is not asked again.
"""

from decimal import Decimal

from agents.llm.asking import Accept, Asker, RoleAnswer, Word
from agents.llm.attempt import ROLES, Request
from agents.llm.recordings.recorded import AttemptsOf, RecordedAsker


class ResumingAsker:
    """An `Asker` that asks the journal first and `live` after it."""

    def __init__(self, attempts_of: AttemptsOf, live: Asker) -> None:
        self._attempts_of = attempts_of
        self._recorded = RecordedAsker(attempts_of)
        self._live = live

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """A decision begins; the live asker counts its deadline and its budget, whoever answers."""
        recorded = (attempt.cost_usd for role in ROLES for attempt in self._attempts_of(decision_id, role))
        self._live.decide(decision_id, sum(recorded, before_usd), ahead=ahead)

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        """What was said then, or what is said now. Raises ReplayMiss where another question would be asked than was."""
        recorded = bool(self._attempts_of(decision_id, request.role))
        return await (self._recorded if recorded else self._live).ask(decision_id, request, accept)
