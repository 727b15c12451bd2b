"""A recorded line says all that a replay needs: what was asked, what came, what it cost; and a failure keeps its name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.llm.attempt import AttemptOutcome, BudgetWarning, Completion, ProviderFault, Request, Stop, Usage
from agents.llm.recordings.difference import nearness, prompt_diff
from agents.llm.recordings.take import Take, asked_of, take_of
from agents.llm.source import Call, CallResult, sha256

REQUEST = Request(
    role="supervisor", prompt_version="v1", system="rule", user="the case", schema_name="supervisor",
    json_schema='{"type":"object"}', max_tokens=300,
)  # fmt: skip
CALL = Call("d1", "anthropic", "m-1", REQUEST, until=10.0, latest=5.0)
USAGE = Usage(input_tokens=900, cache_read_tokens=100, output_tokens=80)


def changed(**fields: object) -> Call:
    return CALL._replace(request=REQUEST.model_copy(update=fields))


def test_a_completion_is_kept_with_its_bytes_and_its_cost() -> None:
    done = CallResult(
        completion=Completion(text='{"a": 1}\n', stop=Stop.END, usage=USAGE),
        cost_usd=Decimal("0.00012"),
        latency_ms=812,
    )
    take = take_of(CALL, 3, done)
    assert take.completion == done.completion
    assert take.fault is None
    assert (take.n, take.key, take.cost_usd, take.latency_ms) == (3, CALL.key, Decimal("0.00012"), 812)


@pytest.mark.parametrize("outcome", sorted(set(AttemptOutcome) - {AttemptOutcome.OK}))
def test_a_failure_keeps_its_name_its_words_and_what_it_used(outcome: AttemptOutcome) -> None:
    take = take_of(CALL, 1, CallResult.failed(ProviderFault(outcome, "the line is dead", 2.0, USAGE)))
    assert take.completion is None
    assert take.fault is not None
    assert (take.fault.outcome, take.fault.detail, take.fault.usage) == (outcome, "the line is dead", USAGE)


def test_an_exchange_without_a_name_for_its_failure_is_nonsense() -> None:
    take = take_of(CALL, 1, CallResult())
    assert take.fault is not None
    assert take.fault.outcome is AttemptOutcome.NONSENSE


def test_a_line_is_read_back_as_it_was_written() -> None:
    warning = BudgetWarning(budget="day", period="2024-03-01", spent_usd=Decimal("0.9"), limit_usd=Decimal(1))
    done = CallResult.skipped(AttemptOutcome.SKIPPED_BUDGET, "spent").model_copy(update={"warnings": (warning,)})
    take = take_of(CALL, 1, done)
    assert Take.model_validate_json(take.canonical()) == take
    assert take.warnings == (warning,)


def test_the_request_is_kept_for_people_and_its_long_constant_parts_by_their_hash() -> None:
    asked = asked_of(CALL)
    assert (asked.decision_id, asked.role, asked.user, asked.max_tokens) == ("d1", "supervisor", "the case", 300)
    assert asked.system_sha256 == sha256("rule")
    assert asked.schema_sha256 == sha256('{"type":"object"}')


@pytest.mark.parametrize(
    "fields",
    [
        {"system": "rule!"},
        {"user": "another case"},
        {"json_schema": "{}"},
        {"max_tokens": 301},
        {"prompt_version": "v2"},
    ],
    ids=["system", "user", "schema", "tokens", "version"],
)
def test_whatever_can_change_the_answer_changes_the_key(fields: dict[str, object]) -> None:
    assert changed(**fields).key != CALL.key


def test_another_model_or_provider_has_another_key_and_another_decision_or_time_has_not() -> None:
    assert CALL._replace(model="m-2").key != CALL.key
    assert CALL._replace(provider="openai").key != CALL.key
    assert CALL._replace(decision_id="d2", until=99.0, latest=98.0, pause_s=3.0, ahead=True).key == CALL.key


def test_a_changed_line_is_shown_with_the_one_around_it() -> None:
    shown = prompt_diff("first\nsecond\nthird\nfourth", "first\nSECOND\nthird\nfourth")
    assert "  -second" in shown.splitlines()
    assert "  +SECOND" in shown.splitlines()
    assert "fourth" not in shown
    assert shown.splitlines()[0] == "  --- recorded"


def test_the_same_prompt_is_said_to_be_the_same() -> None:
    assert prompt_diff("a\nb", "a\nb") == "  (the prompts are the same)"


@pytest.mark.parametrize("lines", [10, 29, 31, 500])
def test_a_long_difference_is_cut_and_says_how_much_is_left(lines: int) -> None:
    shown = prompt_diff("\n".join(f"old {n}" for n in range(lines)), "\n".join(f"new {n}" for n in range(lines)))
    told = shown.splitlines()
    whole = 3 + 2 * lines
    assert len(told) == min(whole, 61)
    if whole > 60:
        assert told[-1] == f"  … and {whole - 60} lines more"


TEXT = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8).map("\n".join)


@given(one=TEXT, other=TEXT)
def test_nearness_is_the_same_both_ways_and_largest_for_itself(one: str, other: str) -> None:
    assert nearness(one, other) == nearness(other, one) <= nearness(one, one)
    assert nearness(one, one) == len(set(one.splitlines()))
