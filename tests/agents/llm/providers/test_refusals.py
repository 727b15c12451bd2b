"""What a server refuses by name is left out, learnt and never sent again; whatever else it says is no refusal."""

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from model_habits import refusing, wrapped
from model_server import ModelServer, Raw
from provider_support import KINDS, provider, request

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Request
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.refusals import refused_by
from agents.llm.strict_json import parse_strict

SENT = ("json_schema", "temperature", "seed", "max_tokens", "effort high")


def calls(kind: str, server: ModelServer, *asked: Request, learnt: Learnt | None = None, **settings: Any) -> list[Any]:
    """The results of these requests, one after another, by one adapter."""

    async def run() -> list[Any]:
        one = provider(kind, server.url, learnt=learnt, **settings)
        found: list[Any] = []
        for each in asked:
            try:
                found.append(await one.complete(each, 5.0))
            except ProviderFault as fault:
                found.append(fault)
        await one.close()
        return found

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", "json_schema"),
        ("response_format.type must be text or json_object", "json_schema"),
        ("This model does not support response format `json_schema`.", "json_schema"),
        ("This response_format type is unavailable now", "json_schema"),
        ("This model does not support structured output", "json_schema"),
        ("failed to parse grammar", "json_schema"),
        ("Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("Unsupported value: 'temperature' does not support 0 with this model.", "temperature"),
        ("`seed`: Extra inputs are not permitted", "seed"),
        ("This model does not support effort level 'high'. Supported levels: low, max", "effort high"),
        ("Unrecognized request argument supplied: reasoning_effort", "effort high"),
        ("max_tokens is too large: 20000. This model supports at most 16384 completion tokens", None),
        ("max_tokens must be less than or equal to 8192", None),
        ("The model `gpt-x` does not exist or you do not have access to it", None),
        ("messages: at least one message is required", None),
        ("no such model", None),
        ("Invalid API key", None),
        ("unsupported: prompt_cache_key", None),
    ],
)
def test_a_refusal_names_what_was_sent(message: str, refused: str | None) -> None:
    assert refused_by(ProviderFault(AttemptOutcome.BAD_REQUEST, f"HTTP 400: {message}"), SENT) == refused


def test_the_parameter_of_an_error_counts_before_its_words() -> None:
    said = "HTTP 400: this value is not supported with a seed"
    named = ProviderFault(AttemptOutcome.BAD_REQUEST, said, parameter="temperature")
    assert refused_by(named, SENT) == "temperature"
    elsewhere = ProviderFault(AttemptOutcome.BAD_REQUEST, said, parameter="messages")
    assert refused_by(elsewhere, SENT) is None


@pytest.mark.parametrize("outcome", [AttemptOutcome.AUTH, AttemptOutcome.RATE_LIMITED, AttemptOutcome.TIMEOUT])
def test_a_failure_of_another_kind_refuses_nothing(outcome: AttemptOutcome) -> None:
    assert refused_by(ProviderFault(outcome, "seed is not supported"), SENT) is None


def test_a_schema_that_is_refused_goes_into_the_prompt_and_json_alone_is_asked_for_and_then_words_alone() -> None:
    learnt = Learnt()
    with ModelServer(default=refusing("json_schema")) as server:
        first, second = calls("compatible", server, request(), request(), learnt=learnt)
        assert [seen.request.get("response_format", {}).get("type") for seen in server.log] == [
            "json_schema", "json_object", "json_object",
        ]  # fmt: skip
        system = server.log[-1].request["messages"][0]["content"]
    assert isinstance(first, Completion)
    assert isinstance(second, Completion)
    assert parse_strict(first.text)["direction"] == "long"
    assert request().json_schema in system
    with ModelServer(default=refusing("json_object")) as server:
        (third,) = calls("compatible", server, request(), learnt=learnt)
        assert "response_format" not in server.log[-1].request
    assert isinstance(third, Completion)
    assert list(learnt.of("mine").refused) == ["json_schema", "json_object"]


@pytest.mark.parametrize("kind", ["openai", "compatible"])
def test_everything_that_may_be_refused_is_learnt_in_one_call_and_never_sent_again(kind: str) -> None:
    names = ("temperature", "seed", "reasoning_effort", "prompt_cache_key", "json_schema")
    names += ("max_completion_tokens",) if kind == "openai" else ("max_tokens",)
    with ModelServer(default=refusing(*names)) as server:
        found = calls(kind, server, request(effort="high"), request(effort="high"))
        last = server.log[-1].request
        assert all(isinstance(one, Completion) for one in found)
        assert not {*names} & last.keys()
        assert {"max_tokens", "max_completion_tokens"} & last.keys()
        before = len(server.log)
        assert before <= 8
        assert [seen.request for seen in server.log[-2:]] == [last, last]


def test_a_model_of_anthropic_without_structured_output_or_thinking_is_asked_in_words() -> None:
    names, said = ("thinking", "effort", "format"), "output_config.{0}: {0} is not supported by this model"
    with ModelServer(default=refusing(*names, message=said)) as server:
        (found,) = calls("anthropic", server, request(effort="high"))
        last = server.log[-1].request
    assert isinstance(found, Completion)
    assert parse_strict(found.text)["direction"] == "long"
    assert "thinking" not in last
    assert "output_config" not in last
    assert request().json_schema in last["system"][0]["text"]


def test_a_server_that_refuses_both_names_of_the_limit_gets_no_request_without_one() -> None:
    with ModelServer(default=refusing("max_tokens", "max_completion_tokens")) as server:
        (found,) = calls("compatible", server, request())
        assert all({"max_tokens", "max_completion_tokens"} & seen.request.keys() for seen in server.log)
    assert isinstance(found, ProviderFault)
    assert found.outcome is AttemptOutcome.BAD_REQUEST


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_refuses_for_ever_is_left_after_a_few_requests(kind: str) -> None:
    bad = Raw(400, b'{"error": {"message": "temperature, seed, effort and json_schema are not supported"}}')
    with ModelServer(default=bad) as server:
        (found,) = calls(kind, server, request(effort="low"))
        assert len(server.log) <= 8
    assert isinstance(found, ProviderFault)


def test_what_the_profile_leaves_out_is_not_sent_and_what_it_adds_is() -> None:
    settings = {
        "omit": ["seed"],
        "temperature": 0.7,
        "extra_body": {"options": {"num_ctx": 8192}},
        "reply": "json_object",
    }
    with ModelServer() as server:
        calls("compatible", server, request(), tokens_parameter="max_completion_tokens", **settings)
        sent = server.log[0].request
    assert "seed" not in sent
    assert "max_tokens" not in sent
    assert (sent["temperature"], sent["max_completion_tokens"]) == (0.7, 300)
    assert (sent["options"], sent["response_format"]) == ({"num_ctx": 8192}, {"type": "json_object"})


def test_the_profile_may_ask_in_words_and_take_one_fenced_object_out_of_prose() -> None:
    with ModelServer(default=wrapped) as server:
        (found,) = calls("compatible", server, request(), reply="fenced")
        assert "response_format" not in server.log[0].request
    assert isinstance(found, Completion)
    assert found.text.startswith("Here is my opinion:")


def test_of_the_errors_that_real_apis_have_sent_the_one_refusal_is_learnt(shared: Path) -> None:
    learnt = Learnt()
    with gzip.open(shared / "llm" / "api_responses_error.jsonl.gz", "rt") as lines:
        bodies = [json.loads(line) for line in lines]
    raws = [Raw(one["status"], json.dumps(one["response"]).encode()) for one in bodies]

    def then(body: Raw) -> Callable[[Any], Raw]:
        sound = refusing()
        turns = iter([body])
        return lambda seen: next(turns, None) or sound(seen)

    for body in raws:
        with ModelServer(default=then(body)) as server:
            calls("compatible", server, request(effort="xhigh"), learnt=learnt)
    assert {*learnt.of("mine").refused} == {"effort xhigh"}
