"""Models behind OpenAI's chat completions API: OpenAI itself, and any server with the same protocol.

`openai` follows that API: a strict schema within its subset, `max_completion_tokens`, a cache key, and no sampling
parameters, which its newer models refuse. `compatible` (Ollama, vLLM, llama.cpp, OpenRouter) gets the full schema,
because its grammar needs every bound, and temperature 0 with a fixed seed; a key is optional there. As with
Anthropic, the raw reply is read, once, and the address is the profile's or OpenAI's own.
"""

import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from agents.llm.asking import Unacceptable
from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Request, Stop, Usage
from agents.llm.providers.request import (
    DETAIL_CHARS,
    completion,
    error_code,
    http_client,
    parsed,
    send_request,
    status_fault,
    usable_key,
    usage_of,
)
from agents.llm.strict_json import parse_strict
from config.reading.connections import loaded
from config.sections.minds import PROVIDERS, ProviderSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

BASE_URL = "https://api.openai.com/v1"
SEED = 7
_NO_KEY = "none"
"""The header value for servers that need no key, because the SDK requires one."""
_UNSUPPORTED = ("minLength", "maxLength", "pattern", "format", "default")
_STOPS = {
    **dict.fromkeys(
        ("stop", "eos", "eos_token", "end_turn", "end", "stop_sequence", "complete", "completed"), Stop.END
    ),
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length"), Stop.LENGTH),
    **dict.fromkeys(("content_filter", "refusal", "safety"), Stop.REFUSAL),
    **dict.fromkeys(("tool_calls", "function_call", "error"), Stop.OTHER),
}
"""The reasons of all servers, in lower case. With any other, or none, a reply is whole if it is one whole JSON object."""
_MOST_TOKENS = 10**9
"""A count from here on is no count of one request."""
_NO_SCHEMA = re.compile(r"response_format|json_schema|structured[ _]output|guided[ _]|grammar", re.IGNORECASE)


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: Any = None


class _Completion(BaseModel):
    """The parts of a reply that are read. Nothing beside the answer may spoil it: servers put what they like into the rest."""

    id: Any = None
    choices: tuple[_Choice, ...] | None = None
    usage: Any = None


class OpenAIProvider:
    """One model behind chat completions. The SDK is loaded here; the client is created at the first call."""

    def __init__(self, name: str, settings: ProviderSettings, key: SecretStr | None) -> None:
        self._sdk = loaded("openai")
        self._name = name
        self._settings = settings
        self._key = key
        self._client: AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def model(self) -> str:
        return self._settings.model

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Send one request, once, and return within `timeout_s`. Raises ProviderFault."""
        key = self._bare_key()
        client = self._connected(key)
        arguments = self._arguments(request)
        send = client.chat.completions.with_raw_response.create
        try:
            reply = await send_request(self._sdk, lambda: send(**arguments, timeout=timeout_s), timeout_s, key)
        except ProviderFault as fault:
            raise _without_schemas(fault) from fault
        return _read(reply.body, reply.request_id, key)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _bare_key(self) -> str:
        if self._settings.kind != "openai" and self._settings.api_key_env is None:
            return ""
        return usable_key(self._key, str(self._settings.api_key_env or PROVIDERS["openai"].key_variable))

    def _connected(self, key: str) -> "AsyncOpenAI":
        if self._client is None:
            url = self._settings.base_url or BASE_URL
            own = {"authorization": f"Bearer {key}"} if key else {}
            self._client = self._sdk.AsyncOpenAI(
                api_key=key or _NO_KEY, base_url=url, max_retries=0, http_client=http_client(url, own)
            )
        return self._client

    def _arguments(self, request: Request) -> dict[str, Any]:
        schema = json.loads(request.json_schema)
        own = self._settings.kind == "openai"
        described = {"name": request.schema_name, "strict": True, "schema": within_subset(schema) if own else schema}
        common = {
            "model": self._settings.model,
            "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
            "response_format": {"type": "json_schema", "json_schema": described},
        }
        if own:
            cache_key = f"{request.role}-{request.prompt_version}"
            return common | {"max_completion_tokens": request.max_tokens, "prompt_cache_key": cache_key}
        return common | {"max_tokens": request.max_tokens, "temperature": 0, "seed": SEED}


def within_subset(schema: Any) -> Any:
    """Return the schema for OpenAI's strict mode: bounds of strings move into the description, where the model reads
    them.
    """
    if isinstance(schema, list):
        return [within_subset(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for name, value in schema.items():
        if name in ("properties", "$defs"):
            kept[name] = {key: within_subset(part) for key, part in value.items()}
        elif name not in _UNSUPPORTED:
            kept[name] = value if name in ("enum", "const", "required") else within_subset(value)
    moved = ", ".join(f"{name}: {schema[name]}" for name in _UNSUPPORTED if name in schema)
    if moved:
        kept["description"] = f"{kept['description']} ({moved})" if "description" in kept else moved
    return kept


def _without_schemas(fault: ProviderFault) -> ProviderFault:
    """The same fault; of a server that refuses the schema of the answer, with the cause first."""
    if fault.outcome is not AttemptOutcome.BAD_REQUEST or not _NO_SCHEMA.search(fault.detail):
        return fault
    named = f"the server refuses response_format json_schema, which answers need; {fault.detail}"[:DETAIL_CHARS]
    return ProviderFault(fault.outcome, named, fault.retry_after_s, fault.usage)


def _read(body: bytes, request_id: str | None, key: str) -> Completion:
    code = error_code(body)
    if code is not None:
        raise status_fault(code, {}, body, key)
    reply = parsed(body, _Completion)
    if not reply.choices:
        raise status_fault(200, {}, body, key)
    choice = reply.choices[0]
    text = choice.message.content or choice.message.refusal or ""
    stop = Stop.REFUSAL if choice.message.refusal else _stop(choice.finish_reason, text)
    return completion(text, stop, _used(reply.usage), request_id or (reply.id if isinstance(reply.id, str) else None))


def _stop(reason: object, text: str) -> Stop:
    known = _STOPS.get(reason.strip().lower()) if isinstance(reason, str) else None
    return known or (Stop.END if _is_whole(text) else Stop.OTHER)


def _is_whole(text: str) -> bool:
    try:
        parse_strict(text)
    except Unacceptable:
        return False
    return True


def _used(usage: object) -> Usage | None:
    """The usage, where its counts are counts; None for anything else, so that the worst case stays booked."""
    found = usage if isinstance(usage, dict) else {}
    read, written = _count(found.get("prompt_tokens")), _count(found.get("completion_tokens"))
    if read is None or written is None:
        return None
    details = found.get("prompt_tokens_details")
    cached = details if isinstance(details, dict) else {}
    return usage_of(
        read, _count(cached.get("cached_tokens")) or 0, _count(cached.get("cache_write_tokens")) or 0, written
    )


def _count(value: object) -> int | None:
    """A whole number of tokens from 0 on; None for null, text, negative numbers and fractions."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST_TOKENS:
        return None
    return int(value) if value == int(value) else None
