"""A model that thinks for a time of the session's clock before each answer."""

import json
from decimal import Decimal
from typing import Any

from model_replies import SOUND, Filler
from virtual_clock import VirtualClock

from agents.llm.asking import Accept, RoleAnswer, Word
from agents.llm.attempt import Attempt, AttemptOutcome, Request, Usage
from agents.llm.source import sha256

COST = Decimal("0.001")


class ThinkingAsker:
    """Answers every question soundly, `thinks_s` after it was asked. `asked` holds decision and role of each question."""

    def __init__(
        self, clock: VirtualClock, thinks_s: float, prefer: dict[str, Any] = SOUND, *, awaited: bool = True
    ) -> None:
        """`awaited`: whether somebody waits for the answers; time goes on by itself where nobody does."""
        self._awaited = awaited
        self._clock, self._thinks_s, self._prefer = clock, thinks_s, prefer
        self.asked: list[tuple[str, str]] = []

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """It has no deadline and no budget."""

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        self.asked.append((decision_id, request.role))
        if self._thinks_s:
            self._clock.waiters += 1  # time does not pass for the others because this one waits
            try:
                await self._clock.wait(self._thinks_s)
            finally:
                if self._awaited:
                    self._clock.waiters -= 1
                else:
                    self._clock.leave()
        reply = json.dumps(Filler(json.loads(request.json_schema), request.user, self._prefer).answer())
        attempt = Attempt(
            decision_id=decision_id,
            role=request.role,
            number=1,
            provider="thinker",
            model="slow-1",
            prompt_version=request.prompt_version,
            system_sha256=sha256(request.system),
            user=request.user,
            max_tokens=request.max_tokens,
            request_key=request.key("thinker", "slow-1"),
            outcome=AttemptOutcome.OK,
            detail="",
            reply=reply,
            usage=Usage(input_tokens=900, output_tokens=90),
            cost_usd=COST,
            latency_ms=round(1000 * self._thinks_s),
        )
        return RoleAnswer(accept(reply), "", (attempt,))
