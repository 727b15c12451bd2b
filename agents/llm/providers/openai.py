"""Models behind OpenAI's chat completions API: OpenAI itself, and any server with the same protocol.

`openai` follows that API: a strict schema within its subset, `max_completion_tokens`, a cache key, and no sampling
parameters, which its newer models refuse. `compatible` (Ollama, vLLM, llama.cpp, OpenRouter) gets the full schema,
because its grammar needs every bound, and temperature 0 with a fixed seed; a key is optional there. As with
Anthropic, the raw reply is read, once, and the address is the profile's or OpenAI's own.
"""

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from agents.llm.attempt import Completion, Request, Stop, Usage
from agents.llm.providers.request import (
    completion,
    http_client,
    parsed,
    send_request,
    status_fault,
    usable_key,
    usage_of,
)
from config.sections.minds import PROVIDERS, ProviderSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

BASE_URL = "https://api.openai.com/v1"
SEED = 7
_NO_KEY = "none"
"""The header value for servers that need no key, because the SDK requires one."""
_UNSUPPORTED = ("minLength", "maxLength", "pattern", "format", "default")
_STOPS = {"stop": Stop.END, "length": Stop.LENGTH, "content_filter": Stop.REFUSAL}


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _PromptDetails(BaseModel):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int = 0
    prompt_tokens_details: _PromptDetails | None = None


class _Error(BaseModel):
    code: int | str | None = None


class _Completion(BaseModel):
    """The parts of a reply that are read. Some gateways report an error with status 200, in `error`."""

    id: str | None = None
    choices: tuple[_Choice, ...] = ()
    usage: _Usage | None = None
    error: _Error | None = None


class OpenAIProvider:
    """One model behind chat completions. The SDK is loaded here; the client is created at the first call."""

    def __init__(self, name: str, settings: ProviderSettings, key: SecretStr | None) -> None:
        import openai

        self._sdk = openai
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
        reply = await send_request(self._sdk, lambda: send(**arguments, timeout=timeout_s), timeout_s, key)
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


def _read(body: bytes, request_id: str | None, key: str) -> Completion:
    reply = parsed(body, _Completion)
    if not reply.choices:
        code = reply.error.code if reply.error else None
        raise status_fault(code if isinstance(code, int) else 200, {}, body, key)
    choice = reply.choices[0]
    stop = _STOPS.get(choice.finish_reason or "", Stop.OTHER)
    if choice.message.refusal:
        stop = Stop.REFUSAL
    text = choice.message.content or choice.message.refusal or ""
    return completion(text, stop, _used(reply.usage), request_id or reply.id)


def _used(usage: _Usage | None) -> Usage | None:
    if usage is None:
        return None
    details = usage.prompt_tokens_details or _PromptDetails()
    return usage_of(
        usage.prompt_tokens, details.cached_tokens or 0, details.cache_write_tokens or 0, usage.completion_tokens
    )
