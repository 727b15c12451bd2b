"""Why no model spoke for a role: out of attempts and profile, the reason that explains most first."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.court.hearing import Hearing
from agents.llm.attempt import UNUSABLE, Attempt, AttemptOutcome, Role
from config.reading.load import load_profile
from ops.story.voices import LOST, Reason, reason_of

Maker = Callable[[str, int], Hearing]
MINDS = load_profile("paper").minds.model_copy(update={"fast_path_conviction": 1.0})
ROLE: Role = "supervisor"
Out = AttemptOutcome
PROVIDERS = ("anthropic", "openai", "local")


def attempt(provider: str, outcome: AttemptOutcome, number: int = 1) -> Attempt:
    return Attempt(
        decision_id="d", role=ROLE, number=number, provider=provider, model="m", prompt_version="1", system_sha256="0",
        user="u", max_tokens=9, request_key="0", outcome=outcome, detail="", reply=None, usage=None, cost_usd=0,
        latency_ms=0,
    )  # fmt: skip


@pytest.fixture
def hearing(make_hearing: Maker) -> Hearing:
    return make_hearing("traded", 1)


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ([Out.SKIPPED_BUDGET], Reason.BUDGET),
        ([Out.SKIPPED_BUDGET, Out.MALFORMED, Out.SKIPPED_BREAKER], Reason.BUDGET),
        ([Out.MALFORMED, Out.TIMEOUT], Reason.NO_OPINION),
        ([Out.REFUSED, Out.SKIPPED_NO_KEY], Reason.NO_OPINION),
        ([Out.SKIPPED_NO_KEY], Reason.NO_KEY),
        ([Out.SKIPPED_NO_KEY, Out.SKIPPED_NO_KEY], Reason.NO_KEY),
        ([Out.SKIPPED_BREAKER], Reason.BREAKER),
        ([Out.SKIPPED_BREAKER, Out.SKIPPED_NO_KEY], Reason.BREAKER),
        ([Out.SKIPPED_BREAKER, Out.TIMEOUT], Reason.OUTAGE),
        ([Out.OVERLOADED], Reason.OUTAGE),
        ([Out.CONNECTION, Out.SKIPPED_NO_KEY], Reason.OUTAGE),
        ([Out.SKIPPED_NO_SEAT], Reason.NO_SEAT),
        ([Out.SKIPPED_NO_SEAT, Out.SKIPPED_NO_SEAT], Reason.NO_SEAT),
        ([Out.SKIPPED_NO_SEAT, Out.SKIPPED_BREAKER], Reason.BREAKER),
        ([Out.SKIPPED_NO_SEAT, Out.TIMEOUT], Reason.OUTAGE),
        ([Out.LATE], Reason.LATE),
        ([Out.OVERLOADED, Out.SKIPPED_LATE], Reason.LATE),
    ],
)
def test_the_last_outcome_of_each_provider_gives_the_reason(
    hearing: Hearing, last: list[AttemptOutcome], reason: Reason
) -> None:
    attempts = [attempt(provider, outcome) for provider, outcome in zip(PROVIDERS, last, strict=False)]
    assert reason_of(hearing, ROLE, attempts, MINDS) is reason
    assert reason in LOST


def test_a_provider_that_failed_first_and_answered_unusably_then_had_no_opinion(hearing: Hearing) -> None:
    attempts = [attempt("openai", Out.TIMEOUT), attempt("openai", Out.MALFORMED, 2)]
    assert reason_of(hearing, ROLE, attempts, MINDS) is Reason.NO_OPINION
    assert reason_of(hearing, ROLE, attempts[::-1], MINDS) is Reason.OUTAGE


@given(outcomes=st.lists(st.sampled_from([each for each in Out if each is not Out.OK]), min_size=1, max_size=3))
def test_a_model_that_was_wanted_and_did_not_speak_is_always_a_loss(outcomes: list[AttemptOutcome]) -> None:
    attempts = [attempt(provider, outcome) for provider, outcome in zip(PROVIDERS, outcomes, strict=False)]
    found = reason_of(None, ROLE, attempts, MINDS)  # type: ignore[arg-type]  # with attempts the hearing is not read
    assert found in LOST
    assert (found is Reason.BUDGET) == (Out.SKIPPED_BUDGET in outcomes)
    if Out.SKIPPED_BUDGET not in outcomes:
        assert (found is Reason.NO_OPINION) == bool(set(outcomes) & UNUSABLE)


def test_without_attempts_the_profile_or_the_fast_path_or_an_earlier_silence_is_the_reason(hearing: Hearing) -> None:
    conviction = hearing.case.proposal.conviction
    fast = MINDS.model_copy(update={"fast_path_conviction": conviction})
    slow = MINDS.model_copy(update={"fast_path_conviction": conviction + 0.01})
    assert reason_of(hearing, ROLE, (), fast) is Reason.FAST_PATH
    assert reason_of(hearing, ROLE, (), slow) is Reason.PROFILE
    assert reason_of(hearing, ROLE, (), fast, at_once=True) is Reason.PROFILE  # then models are asked about it
    silent = hearing.model_copy(update={"mind": "models", "voices": ()})
    assert reason_of(silent, ROLE, (), slow) is Reason.EARLIER_SILENCE


def test_a_fast_path_at_certainty_is_no_fast_path(hearing: Hearing) -> None:
    proposal = hearing.case.proposal.model_copy(update={"conviction": 1.0})
    sure = hearing.model_copy(update={"case": hearing.case.model_copy(update={"proposal": proposal})})
    assert reason_of(sure, ROLE, (), MINDS) is Reason.PROFILE
