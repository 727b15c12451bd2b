"""One cheap question to each model before a session: who sits, who is silent now, and who will never answer, with the reason."""

from pathlib import Path
from typing import Any

import pytest
from scripted_provider import HANG, START, MovedClock, ScriptedProvider, Step, fault, minds, reply, run

from agents.llm.attempt import AttemptOutcome, ProviderFault, Stop
from agents.llm.budget.budgets import Spending
from agents.llm.budget.provider_breakers import Breakers
from agents.llm.live import Live
from agents.llm.preflight import Seat, barred, check_seats
from agents.llm.providers.learnt import Learnt

YES = reply('{"check_answer": "yes"}')


def seats(folder: Path, steps: dict[str, list[Step]], keyless: tuple[str, ...] = (), **changes: Any) -> dict[str, Seat]:
    """The seats of these providers, by name."""
    setting = minds(tuple(steps), **changes)
    providers = {name: ScriptedProvider(name, said) for name, said in steps.items()}
    clock, learnt = MovedClock(), Learnt()
    spending = Spending(folder / "spending.db", setting.budget, START)
    live = Live(setting, providers, spending, Breakers(folder / "breakers.json", 3, 60, clock), clock, learnt)

    async def ask() -> tuple[Seat, ...]:
        return await check_seats(setting, live, learnt, keyless, tuple(steps), START)

    found = run(ask())
    spending.close()
    assert [seat.provider for seat in found] == list(steps)
    return {seat.provider: seat for seat in found}


def seat(folder: Path, *steps: Step, **changes: Any) -> Seat:
    return seats(folder, {"first": list(steps)}, **changes)["first"]


def test_a_model_that_answers_sits_and_its_question_is_paid(tmp_path: Path) -> None:
    found = seat(tmp_path, YES)
    assert (found.state, found.why, found.model_known, found.reply) == ("sits", "", True, "json_schema")
    assert (found.price, found.input_usd, found.output_usd) == ("profile", 1, 10)
    assert found.cost_usd > 0
    assert barred([found]) == {}


@pytest.mark.parametrize(
    "outcome",
    [
        AttemptOutcome.TIMEOUT,
        AttemptOutcome.OVERLOADED,
        AttemptOutcome.RATE_LIMITED,
        AttemptOutcome.SERVER_ERROR,
        AttemptOutcome.CONNECTION,
        AttemptOutcome.NONSENSE,
    ],
)
def test_a_failure_that_may_pass_leaves_the_seat(tmp_path: Path, outcome: AttemptOutcome) -> None:
    found = seat(tmp_path, fault(outcome))
    assert found.state == "silent"
    assert "it is asked again when it is needed" in found.why
    assert barred([found]) == {}


@pytest.mark.parametrize(
    ("step", "told", "known"),
    [
        (fault(AttemptOutcome.QUOTA), "quota: scripted quota", None),
        (
            ProviderFault(AttemptOutcome.BAD_REQUEST, "HTTP 404: nothing here"),
            "its model scripted is not known there",
            False,
        ),
        (
            ProviderFault(AttemptOutcome.BAD_REQUEST, "HTTP 400: The model `x` does not exist"),
            "its model scripted is not known there (HTTP 400: The model `x` does not exist)",
            False,
        ),
        (ProviderFault(AttemptOutcome.BAD_REQUEST, "HTTP 400: bad"), "bad request: HTTP 400: bad", None),
        (reply("Yes, it is."), "its answers are not the JSON that was asked for", True),
        (reply('{"check_answer": "perhaps"}'), "check_answer must be yes or no", True),
        (reply("no", Stop.REFUSAL), "refused: ", None),
    ],
)
def test_a_failure_that_will_not_pass_takes_the_seat_and_says_why(
    tmp_path: Path, step: Step, told: str, known: bool | None
) -> None:
    found = seat(tmp_path, step)
    assert (found.state, found.model_known) == ("barred", known)
    assert told in found.why
    assert "\n" not in found.why
    assert barred([found]) == {"first": found.why}


def test_a_refused_key_and_one_that_the_profile_does_not_name_are_told_apart(tmp_path: Path) -> None:
    named = seat(tmp_path, fault(AttemptOutcome.AUTH), first={"api_key_env": "MY_KEY"})
    assert (named.state, named.key, named.why) == ("barred", "refused", "its key is refused (scripted auth)")
    unnamed = seat(tmp_path, fault(AttemptOutcome.AUTH))
    assert (unnamed.state, unnamed.key) == ("barred", "missing")
    assert "name its variable in minds.providers.first.api_key_env" in unnamed.why


def test_without_a_key_or_a_price_nothing_is_asked(tmp_path: Path) -> None:
    unknown = {"worst_input_usd": None, "worst_output_usd": None}
    found = seats(tmp_path, {"first": [YES], "second": [YES], "third": [YES]}, ("first",), second=unknown)
    assert {name: (one.state, one.latency_s) for name, one in found.items()} == {
        "first": ("barred", None),
        "second": ("barred", None),
        "third": ("sits", 0.0),
    }
    assert found["first"].key == "missing"
    assert found["second"].price == "unknown"
    assert 'second: {worst_input_usd: "IN"' in found["second"].why


def test_an_answer_that_no_budget_can_pay_is_told_before_it_is_asked_for(tmp_path: Path) -> None:
    thinks = {"effort": "max", "worst_output_usd": "100"}
    found = seat(tmp_path, YES, first=thinks)
    assert found.state == "barred"
    assert found.why.startswith("one answer can cost 3.2")
    assert (
        "minds.budget.decision_usd is 1: raise it, or lower minds.providers.first.max_output_tokens (32,200 now)"
        in found.why
    )


def test_a_budget_that_is_used_up_is_silence(tmp_path: Path) -> None:
    spending = Spending(tmp_path / "spending.db", minds(("first",)).budget, START)
    for number in range(10):
        spending.reserve(f"d{number}", "first", minds(("first",)).budget.decision_usd, START)
    spending.close()
    found = seat(tmp_path, YES)
    assert found.state == "silent"
    assert "the day's budget of 10 USD" in found.why


def test_a_thought_that_uses_the_room_is_given_more_and_that_is_known_from_then_on(tmp_path: Path) -> None:
    found = seat(tmp_path, reply("", Stop.LENGTH), YES)
    assert (found.state, found.max_tokens) == ("sits", 800)


def test_all_are_asked_at_the_same_time_and_none_waits_longer_than_a_call(tmp_path: Path) -> None:
    found = seats(tmp_path, {"first": [HANG], "second": [HANG], "third": [YES]}, requests_a_provider=1)
    assert [one.state for one in found.values()] == ["silent", "silent", "sits"]
    assert found["first"].latency_s == pytest.approx(20.0)


def test_the_room_shown_is_that_of_the_role_that_thinks_the_longest(tmp_path: Path) -> None:
    found = seat(tmp_path, YES, first={"effort": "low", "role_effort": {"supervisor": "medium"}})
    assert (found.effort, found.max_tokens) == ("medium", 4_200)
