"""A resumed run asks nobody again what its journal holds, asks live what it does not, and counts what was spent."""

import asyncio
from decimal import Decimal

import pytest

from agents.llm.asking import Accept, RoleAnswer, Word
from agents.llm.attempt import Attempt, AttemptOutcome, ReplayMiss, Request, Role
from agents.llm.recordings.resuming import ResumingAsker
from agents.llm.source import sha256

REQUEST = Request(
    role="analyst", prompt_version="v2", system="be careful", user="the case", schema_name="analyst",
    json_schema="{}", max_tokens=400,
)  # fmt: skip


def recorded(role: Role = "analyst", reply: str = "up", cost: str = "0.25", user: str = "the case") -> Attempt:
    request = REQUEST.model_copy(update={"role": role, "user": user})
    return Attempt(
        decision_id="d1", role=role, number=1, provider="a", model="m", prompt_version="v2",
        system_sha256=sha256(REQUEST.system), user=user, max_tokens=400, request_key=request.key("a", "m"),
        outcome=AttemptOutcome.OK, detail="", reply=reply, usage=None, cost_usd=Decimal(cost), latency_ms=1,
    )  # fmt: skip


class Live:
    """An asker that notes what it is asked."""

    def __init__(self) -> None:
        self.decided: list[tuple[str, Decimal, bool]] = []
        self.asked: list[str] = []

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        self.decided.append((decision_id, before_usd, ahead))

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        self.asked.append(request.role)
        return RoleAnswer(accept("live"), "", ())


class Past:
    """What a journal holds, by decision and role."""

    def __init__(self, *attempts: Attempt) -> None:
        self._attempts = attempts

    def __call__(self, decision_id: str, role: Role) -> tuple[Attempt, ...]:
        return tuple(one for one in self._attempts if (one.decision_id, one.role) == (decision_id, role))


def word(text: str) -> str:
    return text


def ask(past: Past, live: Live, decision_id: str = "d1", **changes: str) -> RoleAnswer[str]:
    request = REQUEST.model_copy(update=changes)
    return asyncio.run(ResumingAsker(past, live).ask(decision_id, request, word))


def test_what_the_journal_holds_is_answered_from_there() -> None:
    live = Live()
    said = ask(Past(recorded(reply="up")), live)
    assert said.word == "up"
    assert live.asked == []


def test_what_the_journal_does_not_hold_is_asked_now() -> None:
    live = Live()
    assert ask(Past(), live).word == "live"
    assert ask(Past(recorded()), live, decision_id="d2").word == "live"
    assert ask(Past(recorded()), live, role="supervisor").word == "live"
    assert live.asked == ["analyst", "analyst", "supervisor"]


def test_another_question_than_was_asked_then_is_no_outage_but_an_error() -> None:
    with pytest.raises(ReplayMiss):
        ask(Past(recorded(user="the case as it was")), Live())


def test_what_a_decision_has_cost_by_the_journal_counts_against_its_budget() -> None:
    live = Live()
    past = Past(recorded("analyst", cost="0.25"), recorded("risk_agent", cost="0.50"))
    ResumingAsker(past, live).decide("d1", Decimal("0.05"), ahead=True)
    ResumingAsker(past, live).decide("d2")
    assert live.decided == [("d1", Decimal("0.80"), True), ("d2", Decimal(0), False)]
