"""Anthropic models through their SDK: structured output, thinking, a cached system prompt, no retries.

An effort is sent as `output_config.effort`, with adaptive thinking whose summary is kept; the effort `none` switches thinking
off. The constant part of the prompt is marked for the provider's cache only where it is long enough to be cached: with the
schema of the answer in it, if that makes the difference. What a model refuses by name is left out from then on
(`agents.llm.providers.refusals`); without structured output the schema stands in the prompt.

The adapter reads the raw reply: the SDK's `parse()` loses the billed usage, and its retries obey any Retry-After.
Ranges in the schema become text for the model, because this API does not enforce them; the reader of the reply does.
The address is the profile's or Anthropic's own; ANTHROPIC_BASE_URL is ignored, because a key must only go to a
recorded address.
"""

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from agents.llm.attempt import Completion, Request, Stop, Usage
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.refusals import effort_name, reply_taken, sent_as_taken
from agents.llm.providers.request import (
    completion,
    http_client,
    parsed,
    send_request,
    usable_key,
    usage_of,
    with_schema,
)
from config.reading.connections import loaded
from config.sections.minds import PROVIDERS, Effort, ProviderSettings

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

BASE_URL = "https://api.anthropic.com"
CACHE_FLOORS = {
    "claude-haiku-4-5": 4096, "claude-opus-4-5": 4096, "claude-opus-4-6": 4096, "claude-opus-4-7": 2048, "claude-haiku-3": 2048,
    "claude-opus-5": 512, "claude-fable-5": 512, "claude-mythos-5": 512,
}  # fmt: skip
"""The shortest prefix that is cached, by the beginning of a model's name [tokens]: the provider's published figures."""
CACHE_FLOOR = 1024
"""The same for every other model [tokens]."""
_BYTES_A_TOKEN = 4
"""A careful estimate: a prompt of English and JSON has more tokens than this says."""
_EFFORTS: dict[Effort, str] = {
    "minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max",
}  # fmt: skip
"""The words of this API for each effort; `none` is no effort but thinking that is switched off."""
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
    thinking: str = ""


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

    def __init__(
        self, name: str, settings: ProviderSettings, key: SecretStr | None, learnt: Learnt | None = None
    ) -> None:
        self._sdk = loaded("anthropic")
        self._name = name
        self._settings = settings
        self._key = key
        self._learnt = learnt or Learnt()
        self._client: AsyncAnthropic | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def model(self) -> str:
        return self._settings.model

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Send one request, without what the model is known to refuse, and be back within `timeout_s`. Raises ProviderFault."""
        key = usable_key(self._key, str(self._settings.api_key_env or PROVIDERS["anthropic"].key_variable))
        client = self._connected(key)
        send = client.messages.with_raw_response.create

        async def once(left_s: float) -> Completion:
            arguments = self._arguments(request)
            reply = await send_request(self._sdk, lambda: send(**arguments, timeout=left_s), left_s, key)
            message = parsed(reply.body, _Message)
            return completion(
                "".join(block.text for block in message.content if block.type == "text"),
                _STOPS.get(message.stop_reason or "", Stop.OTHER),
                _used(message.usage),
                reply.request_id or message.id,
                "\n\n".join(block.thinking for block in message.content if block.type == "thinking") or None,
            )

        return await sent_as_taken(self._learnt, self._name, lambda: tuple(self._takes(request)), once, timeout_s)

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

    def _takes(self, request: Request) -> list[str]:
        """The parameters of a request that a model may refuse, without those that it does."""
        refused = self._learnt.of(self._name).refused
        way = reply_taken(self._settings.reply or "json_schema", lambda way: way == "json_object" or way in refused)
        wanted: list[str] = [way]
        if request.effort is not None:
            wanted += ["thinking", *([effort_name(request.effort)] if request.effort in _EFFORTS else [])]
        if self._settings.temperature is not None:
            wanted.append("temperature")
        if self._prefix(request, in_words=way != "json_schema") is not None:
            wanted.append("cache_control")
        return [name for name in wanted if name not in refused]

    def _prefix(self, request: Request, *, in_words: bool) -> str | None:
        """The constant part of the prompt as it is cached; None where it is too short for that, even with the schema in it."""
        floor = cache_floor(self._settings.model)
        whole = with_schema(request.system, request.json_schema)
        for text in (whole,) if in_words else (request.system, whole):
            if len(text.encode()) // _BYTES_A_TOKEN >= floor:
                return text
        return None

    def _arguments(self, request: Request) -> dict[str, Any]:
        takes = self._takes(request)
        in_words = "json_schema" not in takes
        prefix = self._prefix(request, in_words=in_words) if "cache_control" in takes else None
        plain = with_schema(request.system, request.json_schema) if in_words else request.system
        system: dict[str, Any] = {"type": "text", "text": prefix or plain}
        if prefix is not None:
            system["cache_control"] = {"type": "ephemeral", "ttl": "5m"}
        sent: dict[str, Any] = {
            "model": self._settings.model,
            "max_tokens": request.max_tokens,
            "system": [system],
            "messages": [{"role": "user", "content": request.user}],
        }
        output: dict[str, Any] = {}
        if not in_words:
            schema = self._sdk.transform_schema(json.loads(request.json_schema))
            output["format"] = {"type": "json_schema", "schema": schema}
        if request.effort is not None and effort_name(request.effort) in takes:
            output["effort"] = _EFFORTS[request.effort]
        if "thinking" in takes:
            off = request.effort == "none"
            sent["thinking"] = {"type": "disabled"} if off else {"type": "adaptive", "display": "summarized"}
        if "temperature" in takes:
            sent["extra_body"] = {"temperature": self._settings.temperature}
        return sent | ({"output_config": output} if output else {})


def cache_floor(model: str) -> int:
    """The shortest prefix that a model's provider caches [tokens]."""
    return next((floor for start, floor in CACHE_FLOORS.items() if model.startswith(start)), CACHE_FLOOR)


def _used(usage: _Usage) -> Usage:
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return usage_of(usage.input_tokens + read + written, read, written, usage.output_tokens)
