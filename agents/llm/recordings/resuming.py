"""Resumes a killed run: answers come from its journal as long as it has them, and only the rest is asked.

So the past stays unchanged and is not paid twice. Of the bar that was open, only the wave that was open is asked
again, because its attempts were not yet in the journal. The recorded cost of the decision counts against its budget.
If the journal ends within the attempts of a role, the role keeps these attempts and is not asked again.
"""

from decimal import Decimal

from agents.llm.asking import Accept, Asker, RoleAnswer, Word
from agents.llm.attempt import ROLES, Request
from agents.llm.recordings.recorded import AttemptsOf, RecordedAsker, asked_so


class ResumingAsker:
    """An `Asker` that uses the journal first and `live` after it."""

    def __init__(self, attempts_of: AttemptsOf, live: Asker) -> None:
        self._attempts_of = attempts_of
        self._recorded = RecordedAsker(attempts_of)
        self._live = live

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """Begin a decision; the live asker tracks its deadline and budget in every case."""
        recorded = (attempt.cost_usd for role in ROLES for attempt in self._attempts_of(decision_id, role))
        self._live.decide(decision_id, sum(recorded, before_usd), ahead=ahead)

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        """Return the recorded answer, or ask now. Raises ReplayMiss if the question of today differs from the
        recorded one.
        """
        recorded = bool(asked_so(self._attempts_of(decision_id, request.role), request))
        return await (self._recorded if recorded else self._live).ask(decision_id, request, accept)
