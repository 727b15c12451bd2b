"""What the manager does with a reply, without time or network: who is asked, what a reply is worth, whether it is asked again."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.llm.asking import Unacceptable
from agents.llm.attempt import ROLES, TRANSIENT, UNUSABLE, Attempt, AttemptOutcome, Completion, Request, Stop
from agents.llm.chain import NO_MODEL, again, chain_of, judge, judge_text, why_silent
from agents.llm.source import CallResult
from config.reading.load import load_profile

AT = datetime(2024, 3, 1, tzinfo=UTC)
MINDS = load_profile("paper").minds
REQUEST = Request(
    role="analyst", prompt_version="v2", system="be careful", user="the case", schema_name="analyst",
    json_schema="{}", max_tokens=400,
)  # fmt: skip


def says(text: str, stop: Stop = Stop.END) -> CallResult:
    return CallResult(completion=Completion(text=text, stop=stop, usage=None))


def attempt(provider: str, outcome: AttemptOutcome, detail: str = "", number: int = 1) -> Attempt:
    return Attempt(
        decision_id="d1", role="analyst", number=number, provider=provider, model="m", prompt_version="v2",
        system_sha256="0" * 64, user="the case", max_tokens=400, request_key="k", outcome=outcome, detail=detail, reply=None,
        usage=None, cost_usd=Decimal(0), latency_ms=1,
    )  # fmt: skip


def length(text: str) -> int:
    """Accepts words of five letters at most."""
    if len(text) > 5:
        raise Unacceptable(AttemptOutcome.INVALID, f"{text} is too long")
    return len(text)


def chained(**changes: Any) -> Any:
    return MINDS.model_copy(update=changes)


@pytest.mark.parametrize(
    ("chain", "asked"),
    [
        (("a", "b", "rules"), ("a", "b")),
        (("a", "rules", "b"), ("a",)),
        (("rules",), ()),
        (("a", "b"), ("a", "b")),
        ((), ()),
    ],
)
def test_providers_are_asked_in_their_order_and_the_rules_end_the_chain(
    chain: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    assert chain_of(chained(chain=chain, roles={}), "analyst") == asked


def test_a_role_with_a_chain_of_its_own_does_not_look_at_that_of_all() -> None:
    minds = chained(chain=("a", "rules"), roles={"supervisor": ("b", "c")})
    assert {role: chain_of(minds, role) for role in ROLES} == {
        "analyst": ("a",), "risk_agent": ("a",), "devils_advocate": ("a",), "supervisor": ("b", "c"),
    }  # fmt: skip


def test_an_accepted_reply_is_ok_and_carries_the_word() -> None:
    judged = judge(says("four"), length)
    assert judged.outcome is AttemptOutcome.OK
    assert judged.accepted is not None
    assert judged.accepted.word == 4


def test_a_word_that_is_nothing_is_still_accepted() -> None:
    judged = judge_text("", length)
    assert judged.accepted is not None
    assert judged.accepted.word == 0


def test_a_refused_reply_says_what_to_correct() -> None:
    judged = judge(says("far too long"), length)
    assert (judged.outcome, judged.detail, judged.accepted) == (
        AttemptOutcome.INVALID,
        "far too long is too long",
        None,
    )


@pytest.mark.parametrize(
    ("stop", "outcome"),
    [
        (Stop.REFUSAL, AttemptOutcome.REFUSED),
        (Stop.LENGTH, AttemptOutcome.TRUNCATED),
        (Stop.OTHER, AttemptOutcome.TRUNCATED),
    ],
)
def test_an_answer_that_the_model_did_not_end_is_none_however_good_it_looks(
    stop: Stop, outcome: AttemptOutcome
) -> None:
    judged = judge(says("four", stop), length)
    assert judged.outcome is outcome
    assert judged.accepted is None
    assert judged.detail


@pytest.mark.parametrize("outcome", sorted(set(AttemptOutcome) - {AttemptOutcome.OK}))
def test_no_completion_is_worth_what_the_exchange_says(outcome: AttemptOutcome) -> None:
    judged = judge(CallResult(outcome=outcome, detail="x" * 900), length)
    assert (judged.outcome, len(judged.detail), judged.accepted) == (outcome, 500, None)


def test_an_exchange_that_says_nothing_at_all_is_nonsense() -> None:
    assert judge(CallResult(), length).outcome is AttemptOutcome.NONSENSE


@pytest.mark.parametrize("outcome", list(AttemptOutcome))
def test_each_outcome_is_asked_again_as_it_was_or_with_the_error_or_not_at_all(outcome: AttemptOutcome) -> None:
    next_one = again(REQUEST, outcome, "the key is missing")
    if outcome in TRANSIENT or outcome is AttemptOutcome.TRUNCATED:
        assert next_one == REQUEST
    elif outcome in UNUSABLE:
        assert next_one is not None
        assert next_one.user.startswith("the case\n\n")
        assert "could not be used: the key is missing." in next_one.user
        assert next_one.model_copy(update={"user": REQUEST.user}) == REQUEST
    else:
        assert next_one is None


def test_no_outcome_is_both_transient_and_unusable_and_success_is_neither() -> None:
    assert not TRANSIENT & UNUSABLE
    assert AttemptOutcome.OK not in TRANSIENT | UNUSABLE


def test_who_was_never_asked_is_silent_because_the_chain_names_nobody() -> None:
    assert why_silent(()) == NO_MODEL


def test_silence_tells_the_last_that_came_of_each_provider_in_the_order_of_the_chain() -> None:
    attempts = (
        attempt("a", AttemptOutcome.TIMEOUT, "30 s", 1), attempt("a", AttemptOutcome.OVERLOADED, "", 2),
        attempt("b", AttemptOutcome.REFUSED, "no", 3),
    )  # fmt: skip
    assert why_silent(attempts) == "no model gave an opinion: a overloaded; b refused (no)"


@given(
    parts=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(AttemptOutcome), st.text(max_size=400)),
        min_size=1,
        max_size=6,
    )
)
def test_silence_is_told_in_bounded_words_whatever_providers_say(parts: list[tuple[str, AttemptOutcome, str]]) -> None:
    attempts = tuple(attempt(name, outcome, detail, n) for n, (name, outcome, detail) in enumerate(parts, 1))
    assert len(why_silent(attempts)) <= 40 + 3 * 220
    assert why_silent(attempts) == why_silent(attempts)
