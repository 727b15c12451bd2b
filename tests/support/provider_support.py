"""Adapters over a loopback server, and a request for them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from model_server import KEY, ModelServer
from pydantic import SecretStr

from agents.llm.attempt import Completion, ProviderFault, Request
from agents.llm.providers.anthropic import AnthropicProvider
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.openai import OpenAIProvider
from agents.llm.providers.provider import Provider
from config.sections.minds import ProviderSettings

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["reasoning", "evidence", "direction", "conviction_pct"],
    "properties": {
        "reasoning": {"type": "string", "minLength": 1, "maxLength": 120},
        "evidence": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["field", "value"],
                "properties": {"field": {"type": "string", "maxLength": 60}, "value": {"type": "number"}},
            },
        },
        "direction": {"type": "string", "enum": ["none", "long", "short"]},
        "conviction_pct": {"type": "integer", "enum": [0, 20, 40, 60, 80, 100]},
    },
}
KINDS = ("anthropic", "openai", "compatible")
T = TypeVar("T")


def request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "role": "analyst",
        "prompt_version": "v1-abc",
        "system": "You are the analyst of a court. Answer in JSON.",
        "user": "signals.1h.rsi_14=61.2 signals.1h.adx_14=27.0 What do you say?",
        "schema_name": "analyst",
        "json_schema": json.dumps(SCHEMA),
        "max_tokens": 300,
    }
    return Request(**(values | changes))


def provider(kind: str, url: str, key: str | None = KEY, learnt: Learnt | None = None, **changes: Any) -> Provider:
    """Return an adapter of this kind for a server at `url`."""
    values: dict[str, Any] = {"kind": kind, "model": "loopback", "api_key_env": "MODEL_KEY"}
    values["base_url"] = url if kind == "anthropic" else f"{url}/v1"
    settings = ProviderSettings(**(values | changes))
    secret = SecretStr(key) if key is not None else None
    return (AnthropicProvider if kind == "anthropic" else OpenAIProvider)("mine", settings, secret, learnt)


async def outcome_of(asked: Provider, timeout_s: float = 5.0, **changes: Any) -> Completion | ProviderFault:
    """Return the result of one call: a completion or a fault. Any other exception is not caught."""
    try:
        return await asked.complete(request(**changes), timeout_s)
    except ProviderFault as fault:
        return fault


def with_provider(kind: str, server: ModelServer, use: Callable[[Provider], Awaitable[T]], **changes: Any) -> T:
    """Run `use` with an adapter that is closed afterwards."""

    async def run() -> T:
        asked = provider(kind, server.url, **changes)
        try:
            return await use(asked)
        finally:
            await asked.close()

    return asyncio.run(run())
