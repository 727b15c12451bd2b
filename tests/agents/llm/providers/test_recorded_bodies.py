"""Bodies that real APIs have sent, served to the real SDKs: each is a completion or a fault, and says what the body says."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from model_server import ModelServer, Raw
from provider_support import outcome_of, provider

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Stop
from agents.llm.thought import parted


def recorded(shared: Path) -> Iterator[tuple[str, int, Any]]:
    """Path, status and body of every recorded reply, whatever its API."""
    for name in ("ok", "error"):
        with gzip.open(shared / "llm" / f"api_responses_{name}.jsonl.gz", "rt") as lines:
            for line in lines:
                recorded = json.loads(line)
                yield urlsplit(recorded["uri"]).path, recorded["status"], recorded["response"]


def fixtures(shared: Path, *makers: str) -> Iterator[Any]:
    for path in sorted((shared / "llm" / "vercel_fixtures").glob("*.json.gz")):
        if path.name.split("__")[0] in makers:
            yield json.loads(gzip.decompress(path.read_bytes()))


def serve_all(kind: str, bodies: list[tuple[int, Any]]) -> list[Completion | ProviderFault]:
    """One call for each body, over one client."""

    async def run(server: ModelServer) -> list[Completion | ProviderFault]:
        asked = provider(kind, server.url)
        found = [await outcome_of(asked, 10.0) for _ in bodies]
        await asked.close()
        return found

    raws = [
        Raw(status, body.encode() if isinstance(body, str) else json.dumps(body).encode()) for status, body in bodies
    ]
    with ModelServer(raws) as server:
        found = asyncio.run(run(server))
        assert len(server.log) >= len(bodies)
    return found


def test_messages_of_anthropic_are_read_as_they_are(shared: Path) -> None:
    bodies = [body for path, status, body in recorded(shared) if path.endswith("/v1/messages") and status == 200]
    bodies += [body for body in fixtures(shared, "anthropic") if body.get("type") == "message"]
    assert len(bodies) >= 80
    for body, found in zip(bodies, serve_all("anthropic", [(200, body) for body in bodies]), strict=True):
        text = "".join(block["text"] for block in body["content"] if block["type"] == "text")
        if body["stop_reason"] in ("end_turn", "stop_sequence") and not text:
            assert isinstance(found, ProviderFault)
            assert found.outcome is AttemptOutcome.NONSENSE
            continue
        assert isinstance(found, Completion), found
        assert found.text == parted(text).answer
        assert found.thinking is None or found.thinking.split("\n")[0] in json.dumps(body, ensure_ascii=False)
        assert found.request_id == body["id"]
        usage = body["usage"]
        cache = (usage.get("cache_read_input_tokens") or 0) + (usage.get("cache_creation_input_tokens") or 0)
        assert found.usage is not None
        assert found.usage.input_tokens == usage["input_tokens"] + cache
        assert found.usage.output_tokens == usage["output_tokens"]
        assert (found.stop is Stop.REFUSAL) == (body["stop_reason"] == "refusal")
        assert (found.stop is Stop.LENGTH) == (body["stop_reason"] == "max_tokens")


def test_chat_completions_of_everybody_are_read_as_they_are(shared: Path) -> None:
    bodies = [body for path, status, body in recorded(shared) if path.endswith("/chat/completions") and status == 200]
    bodies += [
        body for body in fixtures(shared, "openai", "openai-compatible", "deepseek", "alibaba") if "choices" in body
    ]
    assert len(bodies) >= 60
    read = thought = 0
    for body, found in zip(bodies, serve_all("compatible", [(200, body) for body in bodies]), strict=True):
        choice = body["choices"][0] if body.get("choices") else None
        if choice is None or not isinstance(choice["message"].get("content"), str | None):
            assert isinstance(found, ProviderFault)
            continue
        text = choice["message"].get("content") or choice["message"].get("refusal") or ""
        if choice.get("finish_reason") == "stop" and not text:
            assert isinstance(found, ProviderFault)
            continue
        assert isinstance(found, Completion), found
        read += 1
        assert found.text == parted(text).answer
        thought += found.thinking is not None
        assert (found.stop is Stop.LENGTH) == (choice.get("finish_reason") == "length")
        if body.get("usage"):
            assert found.usage is not None
            assert found.usage.input_tokens == body["usage"]["prompt_tokens"]
            assert found.usage.output_tokens == body["usage"]["completion_tokens"]
    assert read >= 55
    assert thought >= 5


def test_recorded_errors_have_the_outcome_of_their_status(shared: Path) -> None:
    expected = {400: AttemptOutcome.BAD_REQUEST, 404: AttemptOutcome.BAD_REQUEST, 429: AttemptOutcome.RATE_LIMITED}
    errors = [(status, body) for _, status, body in recorded(shared) if status != 200]
    errors += [(400, body) for body in fixtures(shared, "openai") if "error" in body]
    assert len(errors) >= 9
    for kind in ("anthropic", "openai", "compatible"):
        for (status, body), found in zip(errors, serve_all(kind, errors), strict=True):
            if isinstance(found, Completion):
                assert "'max_tokens' is not supported" in json.dumps(body), (
                    "a refusal by name is asked again without it"
                )
                continue
            assert found.outcome is expected[status], body
            assert found.detail.startswith(f"HTTP {status}: ")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["anthropic", "openai"])
def test_a_body_of_any_other_protocol_is_a_completion_or_a_fault(kind: str, shared: Path) -> None:
    others = [(status, body) for _, status, body in recorded(shared)]
    others += [(200, body) for body in fixtures(shared, "google", "cohere", "anthropic", "openai", "deepseek")]
    assert len(others) >= 400
    for found in serve_all(kind, others):
        if isinstance(found, ProviderFault):
            assert found.outcome in (AttemptOutcome.NONSENSE, AttemptOutcome.BAD_REQUEST, AttemptOutcome.RATE_LIMITED)
