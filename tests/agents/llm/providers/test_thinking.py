"""Models that think: the effort as each API takes it, the thought kept beside the answer, and the marks of the provider's
cache."""

import gzip
from typing import Any

import pytest
from model_habits import THOUGHT, plain, raw, thinker
from model_server import ModelServer, Raw, Turn
from provider_support import SCHEMA, outcome_of, request, with_provider

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Stop
from agents.llm.providers.anthropic import cache_floor
from agents.llm.providers.request import MOST_BYTES
from agents.llm.strict_json import parse_strict
from config.sections.minds import Effort

LONG = "You are the analyst of a court. " * 150
"""A system prompt of 1,200 tokens."""


def sent(kind: str, effort: Effort | None = None, model: str = "loopback", **changes: Any) -> dict[str, Any]:
    """The body of one request."""
    with ModelServer() as server:
        with_provider(kind, server, lambda one: outcome_of(one, effort=effort, **changes), model=model)
        return server.log[0].request


def test_no_effort_leaves_thinking_to_the_provider() -> None:
    assert "reasoning_effort" not in sent("openai")
    body = sent("anthropic")
    assert "thinking" not in body
    assert "effort" not in body["output_config"]


@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
def test_an_effort_goes_to_openai_in_its_own_words(effort: Effort) -> None:
    assert sent("openai", effort)["reasoning_effort"] == effort
    assert sent("compatible", effort)["reasoning_effort"] == effort


@pytest.mark.parametrize(("effort", "word"), [("minimal", "low"), ("low", "low"), ("high", "high"), ("max", "max")])
def test_an_effort_goes_to_anthropic_with_adaptive_thinking(effort: Effort, word: str) -> None:
    body = sent("anthropic", effort)
    assert body["output_config"]["effort"] == word
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}


def test_the_effort_none_switches_the_thinking_of_anthropic_off() -> None:
    body = sent("anthropic", "none")
    assert body["thinking"] == {"type": "disabled"}
    assert "effort" not in body["output_config"]


@pytest.mark.parametrize("kind", ["anthropic", "openai", "compatible"])
@pytest.mark.parametrize("where", ["beside", "text"])
def test_a_thought_is_kept_beside_the_answer_and_not_in_it(kind: str, where: str) -> None:
    with ModelServer(default=thinker(200, where)) as server:
        found = with_provider(kind, server, lambda one: outcome_of(one, max_tokens=900))
    assert isinstance(found, Completion)
    assert found.thinking is not None
    assert found.thinking.startswith(THOUGHT.strip())
    assert parse_strict(found.text)["direction"] == "long"
    assert found.usage is not None
    assert found.usage.output_tokens > 200


@pytest.mark.parametrize("kind", ["anthropic", "openai", "compatible"])
@pytest.mark.parametrize("where", ["beside", "text", "untold"])
def test_a_thought_that_uses_all_the_room_is_an_answer_that_was_cut_off(kind: str, where: str) -> None:
    with ModelServer(default=thinker(900, where)) as server:
        found = with_provider(kind, server, lambda one: outcome_of(one, max_tokens=700))
    assert isinstance(found, Completion)
    assert found.stop is Stop.LENGTH
    assert found.usage is not None
    assert found.usage.output_tokens == 700


def test_a_thought_without_an_answer_is_told_as_that() -> None:
    def only_thinks(seen: Any) -> Any:
        reply = plain(seen, "")
        reply["choices"][0]["message"]["reasoning_content"] = THOUGHT
        return raw(reply)

    with ModelServer(default=only_thinks) as server:
        found = with_provider("compatible", server, outcome_of)
    assert isinstance(found, ProviderFault)
    assert (found.outcome, found.detail) == (
        AttemptOutcome.NONSENSE,
        "the model finished without a word after its thinking",
    )


def test_a_constant_part_that_is_long_enough_is_marked_for_the_cache() -> None:
    (block,) = sent("anthropic", system=LONG)["system"]
    assert block == {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral", "ttl": "5m"}}


def test_the_schema_lifts_the_constant_part_above_the_floor_where_that_makes_the_difference() -> None:
    system = "s" * (cache_floor("loopback") * 4 - 100)
    (block,) = sent("anthropic", system=system)["system"]
    assert block["text"].startswith(system)
    assert request().json_schema in block["text"]
    assert "cache_control" in block


@pytest.mark.parametrize(
    ("model", "floor"),
    [
        ("claude-haiku-4-5-20251001", 4096),
        ("claude-opus-4-7", 2048),
        ("claude-opus-5-5", 512),
        ("claude-haiku-5-5", 1024),
    ],
)
def test_below_the_floor_of_its_model_nothing_is_marked(model: str, floor: int) -> None:
    assert cache_floor(model) == floor
    enough = "s" * floor * 4
    assert "cache_control" in sent("anthropic", model=model, system=enough)["system"][0]
    short = "s" * (floor * 4 - 4 * len(str(SCHEMA)) - 4_000) if floor > 1024 else "short"
    assert sent("anthropic", model=model, system=short)["system"] == [{"type": "text", "text": short}]


@pytest.mark.parametrize("kind", ["anthropic", "openai", "compatible"])
def test_a_reply_without_an_end_is_not_read_to_its_end(kind: str) -> None:
    with ModelServer(default=Turn.ENDLESS) as server:
        found = with_provider(kind, server, lambda one: outcome_of(one, 20.0))
        assert isinstance(found, ProviderFault)
        assert found.outcome is AttemptOutcome.NONSENSE
        assert found.detail == f"the reply is longer than {MOST_BYTES:,} bytes; it was not read to its end"
        assert server.endless_bytes < 20 * MOST_BYTES


@pytest.mark.parametrize("kind", ["anthropic", "compatible"])
def test_an_error_without_an_end_is_not_read_either_and_a_compressed_reply_is_refused(kind: str) -> None:
    async def two(one: Any) -> list[Any]:
        return [await outcome_of(one), await outcome_of(one)]

    packed = Raw(
        200, gzip.compress(b"x" * 9_000_000), (("content-type", "application/json"), ("content-encoding", "gzip"))
    )
    with ModelServer([Raw(400, b"x" * (MOST_BYTES + 1)), packed]) as server:
        long, compressed = with_provider(kind, server, two)
    assert (long.outcome, compressed.outcome) == (AttemptOutcome.NONSENSE, AttemptOutcome.NONSENSE)
    assert "longer than" in long.detail
    assert "compressed" in compressed.detail


def test_a_reply_just_below_the_limit_is_read() -> None:
    filler = b'{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], "rest": "%s"}' % (
        b"x" * (MOST_BYTES - 200)
    )
    with ModelServer([Raw(200, filler)]) as server:
        found = with_provider("compatible", server, outcome_of)
    assert isinstance(found, Completion)
    assert found.text == "{}"
