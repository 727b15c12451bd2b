"""What goes to Anthropic, and what is read of its answers."""

import json

import pytest
from model_server import KEY, ModelServer, Raw
from provider_support import SCHEMA, outcome_of, request, with_provider

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Stop, Usage


def sent(**changes: object) -> dict[str, object]:
    """The body of the one request that a call makes."""
    with ModelServer() as server:
        assert isinstance(with_provider("anthropic", server, lambda asked: outcome_of(asked, **changes)), Completion)
        assert server.log[0].path == "/v1/messages"
        return server.log[0].request


def answered(body: dict[str, object]) -> Completion | ProviderFault:
    with ModelServer([Raw(200, json.dumps(body).encode())]) as server:
        return with_provider("anthropic", server, outcome_of)


def message(**changes: object) -> dict[str, object]:
    usage = {"input_tokens": 10, "output_tokens": 5}
    base = {"id": "msg_1", "content": [{"type": "text", "text": "{}"}], "stop_reason": "end_turn", "usage": usage}
    return base | changes


def test_a_prompt_that_is_too_short_to_be_cached_is_not_marked() -> None:
    body = sent()
    assert body["system"] == [{"type": "text", "text": request().system}]
    assert body["messages"] == [{"role": "user", "content": request().user}]


def test_the_schema_goes_as_structured_output_with_its_bounds_in_words() -> None:
    schema = sent()["output_config"]["format"]["schema"]  # type: ignore[index]
    assert schema["properties"]["conviction_pct"]["enum"] == SCHEMA["properties"]["conviction_pct"]["enum"]
    assert "maxLength" not in json.dumps(schema).replace("{minLength: 1, maxLength: 120}", "").replace(
        "{maxLength: 60}", ""
    )
    assert schema["required"] == SCHEMA["required"]


def test_nothing_but_the_request_is_sent_so_the_same_case_gives_the_same_bytes() -> None:
    first = sent()
    assert first == sent()
    assert set(first) == {"model", "max_tokens", "system", "messages", "output_config"}


def test_input_tokens_include_what_was_read_from_and_written_to_the_cache() -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 400, "cache_creation_input_tokens": 30, "output_tokens": 5}
    found = answered(message(usage=usage))
    assert isinstance(found, Completion)
    assert found.usage == Usage(input_tokens=440, cache_read_tokens=400, cache_write_tokens=30, output_tokens=5)


def test_negative_token_counts_are_nonsense() -> None:
    found = answered(message(usage={"input_tokens": -1, "output_tokens": 5}))
    assert isinstance(found, ProviderFault)
    assert found.outcome is AttemptOutcome.NONSENSE


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", Stop.END),
        ("stop_sequence", Stop.END),
        ("max_tokens", Stop.LENGTH),
        ("model_context_window_exceeded", Stop.LENGTH),
        ("refusal", Stop.REFUSAL),
        ("tool_use", Stop.OTHER),
        ("pause_turn", Stop.OTHER),
        ("something_new", Stop.OTHER),
        (None, Stop.OTHER),
    ],
)
def test_stop_reasons(reason: str | None, stop: Stop) -> None:
    found = answered(message(stop_reason=reason))
    assert isinstance(found, Completion)
    assert found.stop is stop


def test_thinking_is_no_part_of_the_text() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    found = answered(message(content=[thought, {"type": "text", "text": '{"a":'}, {"type": "text", "text": "1}"}]))
    assert isinstance(found, Completion)
    assert found.text == '{"a":1}'


def test_a_finished_answer_without_a_word_is_a_fault_that_keeps_its_usage() -> None:
    found = answered(message(content=[]))
    assert isinstance(found, ProviderFault)
    assert found.outcome is AttemptOutcome.NONSENSE
    assert found.usage == Usage(input_tokens=10, output_tokens=5)


@pytest.mark.parametrize("code", ["contract_spend_limit_reached", "enforced_spend_limit_reached"])
def test_a_spend_limit_is_a_quota_whatever_the_status(code: str) -> None:
    error = {"type": "error", "error": {"type": "permission_error", "message": "no", "details": {"error_code": code}}}
    with ModelServer([Raw(403, json.dumps(error).encode())]) as server:
        found = with_provider("anthropic", server, outcome_of)
    assert isinstance(found, ProviderFault)
    assert found.outcome is AttemptOutcome.QUOTA


def test_environment_variables_of_the_sdk_move_no_key_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer() as elsewhere, ModelServer() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", elsewhere.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
        monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
        assert isinstance(with_provider("anthropic", server, outcome_of, key=KEY), Completion)
        assert server.log[0].authorized
        assert not elsewhere.log


def test_a_redirect_is_not_followed() -> None:
    with ModelServer() as other:
        moved = Raw(307, b"", (("location", f"{other.url}/v1/messages"),))
        with ModelServer([moved]) as server:
            found = with_provider("anthropic", server, outcome_of)
        assert isinstance(found, ProviderFault)
        assert found.outcome is AttemptOutcome.NONSENSE
        assert not other.log
