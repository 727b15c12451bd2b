"""Servers that speak OpenAI's protocol in their own way: a sound answer stands, and an error is told in the server's words."""

import json
from typing import Any

import pytest
from model_server import KEY, ModelServer, Raw
from provider_support import outcome_of, with_provider

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Stop, Usage

WHOLE = '{"direction": "none"}'


def answered(body: object, status: int = 200, kind: str = "compatible") -> Completion | ProviderFault:
    with ModelServer([Raw(status, json.dumps(body).encode())]) as server:
        return with_provider(kind, server, outcome_of)


def reply(text: str = WHOLE, finish: Any = "stop", **rest: Any) -> dict[str, Any]:
    return {"id": "c1", "choices": [{"message": {"content": text}, "finish_reason": finish}], **rest}


@pytest.mark.parametrize("kind", ["openai", "compatible"])
@pytest.mark.parametrize(
    "usage",
    [
        {},
        None,
        [],
        "12 tokens",
        {"prompt_tokens": None, "completion_tokens": 5},
        {"prompt_tokens": 10},
        {"prompt_tokens": 10, "completion_tokens": None},
        {"prompt_tokens": -1, "completion_tokens": 5},
        {"prompt_tokens": "10", "completion_tokens": 5},
        {"prompt_tokens": 10.5, "completion_tokens": 5},
        {"prompt_tokens": True, "completion_tokens": 5},
        {"prompt_tokens": 10**30, "completion_tokens": 5},
        {"input_tokens": 10, "output_tokens": 5},
    ],
)
def test_an_answer_stands_whatever_its_usage_is_and_its_cost_is_then_not_known(kind: str, usage: object) -> None:
    found = answered(reply(usage=usage), kind=kind)
    assert isinstance(found, Completion)
    assert (found.text, found.stop, found.usage) == (WHOLE, Stop.END, None)


def test_counts_as_whole_floats_and_odd_details_are_read() -> None:
    usage = {"prompt_tokens": 10.0, "completion_tokens": 5, "prompt_tokens_details": "none"}
    found = answered(reply(usage=usage, id=7))
    assert isinstance(found, Completion)
    assert (found.usage, found.request_id) == (Usage(input_tokens=10, output_tokens=5), None)


@pytest.mark.parametrize(
    "finish", ["STOP", "Stop", "eos", "EOS", "end_turn", "<|im_end|>", "", None, 0, {"type": "stop"}]
)
def test_whole_json_is_whole_whatever_the_stop_reason_is_called(finish: object) -> None:
    found = answered(reply(finish=finish))
    assert isinstance(found, Completion)
    assert (found.stop, found.text) == (Stop.END, WHOLE)


def test_a_reply_without_a_stop_reason_is_whole_too() -> None:
    body = reply()
    del body["choices"][0]["finish_reason"]
    found = answered(body)
    assert isinstance(found, Completion)
    assert found.stop is Stop.END


@pytest.mark.parametrize("text", ['{"direction": "no', "", "I cannot", '{"a": 1}{"a": 2}', "[1]"])
def test_without_a_known_reason_what_is_not_one_whole_object_is_not_whole(text: str) -> None:
    found = answered(reply(text, None))
    assert isinstance(found, Completion)
    assert found.stop is Stop.OTHER


@pytest.mark.parametrize("finish", ["LENGTH", "max_tokens", "MODEL_LENGTH"])
def test_a_reply_that_was_cut_is_cut_in_every_spelling(finish: str) -> None:
    found = answered(reply('{"direction": "no', finish))
    assert isinstance(found, Completion)
    assert found.stop is Stop.LENGTH


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Unexpected endpoint or method"},
        {"error": {"message": "Unexpected endpoint or method"}},
        {"error": {"error": {"message": "Unexpected endpoint or method"}}},
        {"error": {"message": {"detail": "Unexpected endpoint or method"}}},
        {"error": {"detail": [{"msg": "Unexpected endpoint or method"}]}},
        {"error": {"message": "Unexpected endpoint or method", "code": None}, "choices": None},
        {"error": {"message": "Unexpected endpoint or method"}, "choices": []},
        [{"error": {"message": "Unexpected endpoint or method"}}],
        {"detail": "Unexpected endpoint or method"},
        {"message": "Unexpected endpoint or method", "usage": {}},
    ],
)
def test_an_error_with_status_200_is_told_in_the_servers_words(body: object) -> None:
    found = answered(body)
    assert isinstance(found, ProviderFault)
    assert (found.outcome, found.detail) == (AttemptOutcome.NONSENSE, "HTTP 200: Unexpected endpoint or method")


def test_an_error_with_status_200_and_a_code_means_what_its_code_means() -> None:
    found = answered({"error": {"code": 429, "message": f"slow down, {KEY}"}})
    assert isinstance(found, ProviderFault)
    assert (found.outcome, found.detail) == (AttemptOutcome.RATE_LIMITED, "HTTP 429: slow down, ***")


def test_another_bad_request_is_told_as_it_is_and_not_repeated() -> None:
    found = answered({"error": {"message": "no such model"}}, 400)
    assert isinstance(found, ProviderFault)
    assert found.detail == "HTTP 400: no such model"
