"""What goes to OpenAI and to servers that speak like it, and what is read of their answers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import KEY, ModelServer, Raw
from provider_support import SCHEMA, outcome_of, request, with_provider

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Stop, Usage
from agents.llm.providers.openai import within_subset
from agents.llm.providers.request import retry_after_s


def sent(kind: str, **changes: object) -> dict[str, object]:
    with ModelServer() as server:
        assert isinstance(with_provider(kind, server, outcome_of, **changes), Completion)
        assert server.log[0].path == "/v1/chat/completions"
        return server.log[0].request


def answered(body: dict[str, object]) -> Completion | ProviderFault:
    with ModelServer([Raw(200, json.dumps(body).encode())]) as server:
        return with_provider("compatible", server, outcome_of)


def reply(finish: str | None = "stop", **message: object) -> dict[str, object]:
    return {"id": "c1", "choices": [{"message": {"content": "{}"} | message, "finish_reason": finish}]}


def test_openai_gets_a_strict_schema_in_its_subset_and_no_sampling_parameters() -> None:
    body = sent("openai")
    described = body["response_format"]["json_schema"]  # type: ignore[index]
    assert described["strict"] is True
    assert described["name"] == "analyst"
    assert described["schema"]["properties"]["reasoning"] == {
        "type": "string",
        "description": "minLength: 1, maxLength: 120",
    }
    assert body["max_completion_tokens"] == 300
    assert body["prompt_cache_key"] == "analyst-v1-abc"
    assert not {"temperature", "seed", "max_tokens"} & set(body)


def test_a_compatible_server_gets_every_bound_and_a_fixed_seed() -> None:
    body = sent("compatible")
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA  # type: ignore[index]
    assert (body["temperature"], body["seed"], body["max_tokens"]) == (0, 7, 300)
    assert "prompt_cache_key" not in body


def test_a_compatible_server_may_want_no_key() -> None:
    with ModelServer() as server:
        assert isinstance(with_provider("compatible", server, outcome_of, key=None, api_key_env=None), Completion)
        assert not server.log[0].authorized


@pytest.mark.parametrize("kind", ["openai", "compatible"])
def test_the_same_request_gives_the_same_bytes(kind: str) -> None:
    assert sent(kind) == sent(kind)


@pytest.mark.parametrize(
    ("finish", "stop"),
    [
        ("stop", Stop.END),
        ("length", Stop.LENGTH),
        ("content_filter", Stop.REFUSAL),
        ("tool_calls", Stop.OTHER),
        ("error", Stop.OTHER),
        (None, Stop.END),
    ],
)
def test_finish_reasons(finish: str | None, stop: Stop) -> None:
    found = answered(reply(finish))
    assert isinstance(found, Completion)
    assert found.stop is stop
    assert found.usage is None


def test_a_refusal_is_one_even_when_the_finish_reason_says_stop() -> None:
    found = answered(reply(content=None, refusal="I cannot."))
    assert isinstance(found, Completion)
    assert (found.stop, found.text) == (Stop.REFUSAL, "I cannot.")


def test_cached_tokens_are_told_and_never_exceed_the_input() -> None:
    details = {"cached_tokens": 80, "cache_write_tokens": 90}
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": details}
    found = answered(reply() | {"usage": usage})
    assert isinstance(found, Completion)
    assert found.usage == Usage(input_tokens=100, cache_read_tokens=80, cache_write_tokens=20, output_tokens=7)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"code": 429, "message": "slow down"}, AttemptOutcome.RATE_LIMITED),
        ({"code": 502, "message": "upstream"}, AttemptOutcome.SERVER_ERROR),
        ({"code": "insufficient_quota", "message": "pay"}, AttemptOutcome.QUOTA),
        ({"message": "who knows"}, AttemptOutcome.NONSENSE),
    ],
)
def test_a_gateway_that_reports_an_error_with_status_200_is_understood(
    error: dict[str, object], outcome: AttemptOutcome
) -> None:
    found = answered({"error": error})
    assert isinstance(found, ProviderFault)
    assert found.outcome is outcome


@pytest.mark.parametrize("name", ["context_length_exceeded", "exceed_context_size_error"])
def test_a_too_long_prompt_has_another_outcome_than_other_bad_requests(name: str) -> None:
    error = {"error": {"message": "too long", "type": "invalid_request_error", "code": name}}
    with ModelServer([Raw(400, json.dumps(error).encode())]) as server:
        found = with_provider("openai", server, outcome_of)
    assert isinstance(found, ProviderFault)
    assert found.outcome is AttemptOutcome.TOO_LARGE


def test_a_server_that_echoes_the_key_does_not_get_it_into_the_record() -> None:
    echo = {"error": {"message": f"wrong key {KEY}\x1b[31m\n" + "x" * 5000}}
    with ModelServer([Raw(401, json.dumps(echo).encode())]) as server:
        found = with_provider("openai", server, outcome_of)
    assert isinstance(found, ProviderFault)
    assert found.detail.startswith("HTTP 401: wrong key *** [31m xxx")
    assert len(found.detail) == 300


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "date"]), st.text(max_size=30)))
def test_any_retry_after_is_seconds_or_unknown(headers: dict[str, str]) -> None:
    seconds = retry_after_s(headers)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "1"}, 1.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


def test_a_property_that_is_named_like_a_bound_stays() -> None:
    schema = {"type": "object", "properties": {"format": {"type": "string", "maxLength": 3}}, "required": ["format"]}
    kept = within_subset(schema)
    assert kept["properties"]["format"] == {"type": "string", "description": "maxLength: 3"}
    assert kept["required"] == ["format"]


def test_the_schema_that_was_given_is_not_changed() -> None:
    before = json.dumps(SCHEMA)
    within_subset(SCHEMA)
    assert json.dumps(SCHEMA) == before
    assert request().json_schema == before
