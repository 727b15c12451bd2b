"""Anthropic models through their SDK: structured output, a cached system prompt, no retries.

The adapter reads the raw reply: the SDK's `parse()` loses the billed usage, and its retries obey any Retry-After.
Ranges in the schema become text for the model, because this API does not enforce them; the reader of the reply does.
The address is the profile's or Anthropic's own; ANTHROPIC_BASE_URL is ignored, because a key must only go to a
recorded address.
"""

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from agents.llm.attempt import Completion, Request, Stop, Usage
from agents.llm.providers.request import completion, http_client, parsed, send_request, usable_key, usage_of
from config.reading.connections import loaded
from config.sections.minds import PROVIDERS, ProviderSettings

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

BASE_URL = "https://api.anthropic.com"
_STOPS = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.END,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "refusal": Stop.REFUSAL,
}


class _Block(BaseModel):
    type: str
    text: str = ""


class _Usage(BaseModel):
    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Message(BaseModel):
    """The parts of a reply that are read; the rest is ignored."""

    id: str | None = None
    content: tuple[_Block, ...]
    stop_reason: str | None
    usage: _Usage


class AnthropicProvider:
    """One Anthropic model. The SDK is loaded here; the client is created at the first call."""

    def __init__(self, name: str, settings: ProviderSettings, key: SecretStr | None) -> None:
        self._sdk = loaded("anthropic")
        self._name = name
        self._settings = settings
        self._key = key
        self._client: AsyncAnthropic | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def model(self) -> str:
        return self._settings.model

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Send one request, once, and be back within `timeout_s`. Raises ProviderFault."""
        key = usable_key(self._key, str(self._settings.api_key_env or PROVIDERS["anthropic"].key_variable))
        client = self._connected(key)
        arguments = self._arguments(request)
        send = client.messages.with_raw_response.create
        reply = await send_request(self._sdk, lambda: send(**arguments, timeout=timeout_s), timeout_s, key)
        message = parsed(reply.body, _Message)
        return completion(
            "".join(block.text for block in message.content if block.type == "text"),
            _STOPS.get(message.stop_reason or "", Stop.OTHER),
            _used(message.usage),
            reply.request_id or message.id,
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connected(self, key: str) -> "AsyncAnthropic":
        if self._client is None:
            url = self._settings.base_url or BASE_URL
            self._client = self._sdk.AsyncAnthropic(
                api_key=key, base_url=url, max_retries=0, http_client=http_client(url, {"x-api-key": key})
            )
        return self._client

    def _arguments(self, request: Request) -> dict[str, Any]:
        schema = self._sdk.transform_schema(json.loads(request.json_schema))
        cached = {"type": "text", "text": request.system, "cache_control": {"type": "ephemeral", "ttl": "5m"}}
        return {
            "model": self._settings.model,
            "max_tokens": request.max_tokens,
            "system": [cached],
            "messages": [{"role": "user", "content": request.user}],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
        }


def _used(usage: _Usage) -> Usage:
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return usage_of(usage.input_tokens + read + written, read, written, usage.output_tokens)
