"""Models behind OpenAI's chat completions API: OpenAI itself, and any server with the same protocol.

`openai` follows that API: a strict schema within its subset, `max_completion_tokens`, a cache key, and no sampling
parameters, which its newer models refuse. Every other kind (Ollama, vLLM, llama.cpp, OpenRouter) gets the full schema,
because its grammar needs every bound, and temperature 0 with a fixed seed; a key is optional where the kind names none. What a
server refuses by name is left out from then on (`agents.llm.providers.refusals`): the schema then stands in the prompt. As with
Anthropic, the raw reply is read, once, and the address is the profile's, the kind's or OpenAI's own.
"""

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from agents.llm.asking import Unacceptable
from agents.llm.attempt import Completion, Request, Stop, Usage
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.refusals import effort_name, reply_taken, sent_as_taken
from agents.llm.providers.request import (
    completion,
    error_code,
    http_client,
    parsed,
    send_request,
    status_fault,
    usable_key,
    usage_of,
    with_schema,
)
from agents.llm.strict_json import parse_strict
from agents.llm.thought import parted
from config.reading.connections import loaded
from config.sections.minds import PROVIDERS, ProviderSettings, TokensParameter

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
_THINKING = ("reasoning_content", "reasoning", "thinking")
"""Where servers put what the model thought, when they part it from the answer."""


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    thinking: Any = None

    @property
    def thought(self) -> str | None:
        """What the server says that the model thought; None for anything that is no text."""
        found = (getattr(self, name) for name in _THINKING)
        return next((text for text in found if isinstance(text, str) and text.strip()), None)


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

    def __init__(
        self, name: str, settings: ProviderSettings, key: SecretStr | None, learnt: Learnt | None = None
    ) -> None:
        self._sdk = loaded("openai")
        self._name = name
        self._settings = settings
        self._kind = PROVIDERS[settings.kind]
        self._key = key
        self._learnt = learnt or Learnt()
        self._client: AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def model(self) -> str:
        return self._settings.model

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Send one request, without what the server is known to refuse, and return within `timeout_s`. Raises ProviderFault."""
        key = self._bare_key()
        client = self._connected(key)
        send = client.chat.completions.with_raw_response.create

        async def once(left_s: float) -> Completion:
            arguments = self._arguments(request)
            reply = await send_request(self._sdk, lambda: send(**arguments, timeout=left_s), left_s, key)
            return _read(reply.body, reply.request_id, key)

        return await sent_as_taken(self._learnt, self._name, lambda: self._sent(request), once, timeout_s)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _bare_key(self) -> str:
        variable = self._settings.api_key_env or self._kind.key_variable
        return "" if variable is None else usable_key(self._key, variable)

    def _connected(self, key: str) -> "AsyncOpenAI":
        if self._client is None:
            url = self._settings.address or BASE_URL
            own = {"authorization": f"Bearer {key}"} if key else {}
            self._client = self._sdk.AsyncOpenAI(
                api_key=key or _NO_KEY, base_url=url, max_retries=0, http_client=http_client(url, own)
            )
        return self._client

    def _sent(self, request: Request) -> tuple[str, ...]:
        """The parameters of a request that a server may refuse, by the names of `agents.llm.providers.refusals`."""
        return tuple(name for name, taken in self._table(request).items() if taken)

    def _table(self, request: Request) -> dict[str, bool]:
        """Each parameter that this kind of provider can be sent, and whether this server is."""
        settings, kind, refused = self._settings, self._kind, self._learnt.of(self._name).refused
        most = settings.reply or kind.reply
        sampled = {name: kind.samples and name not in settings.omit for name in ("temperature", "seed")}
        own = settings.kind == "openai"
        wanted = {
            reply_taken(most, refused.__contains__): True,
            "temperature": sampled["temperature"] or settings.temperature is not None,
            "seed": sampled["seed"] or settings.seed is not None,
            self._tokens_parameter(): True,
            "prompt_cache_key": own,
            **({effort_name(request.effort): True} if request.effort is not None else {}),
        }
        return {name: taken and name not in refused for name, taken in wanted.items()}

    def _tokens_parameter(self) -> TokensParameter:
        """The name of the limit that the server takes. If it refuses both, its first one is sent: no request goes out without."""
        refused = self._learnt.of(self._name).refused
        first = self._settings.tokens_parameter or self._kind.tokens_parameter
        other: TokensParameter = "max_tokens" if first == "max_completion_tokens" else "max_completion_tokens"
        return other if first in refused and other not in refused else first

    def _arguments(self, request: Request) -> dict[str, Any]:
        settings, takes = self._settings, self._table(request)
        schema = json.loads(request.json_schema)
        described = {
            "name": request.schema_name,
            "strict": True,
            "schema": within_subset(schema) if settings.kind == "openai" else schema,
        }
        in_words = not takes.get("json_schema", False)
        system = with_schema(request.system, request.json_schema) if in_words else request.system
        sent: dict[str, Any] = {
            "model": settings.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": request.user}],
            self._tokens_parameter(): request.max_tokens,
        }
        if takes.get("json_schema"):
            sent["response_format"] = {"type": "json_schema", "json_schema": described}
        elif takes.get("json_object"):
            sent["response_format"] = {"type": "json_object"}
        if takes["prompt_cache_key"]:
            sent["prompt_cache_key"] = f"{request.role}-{request.prompt_version}"
        if takes["temperature"]:
            sent["temperature"] = 0 if settings.temperature is None else settings.temperature
        if takes["seed"]:
            sent["seed"] = SEED if settings.seed is None else settings.seed
        if request.effort is not None and takes[effort_name(request.effort)]:
            sent["reasoning_effort"] = request.effort
        return sent | ({"extra_body": settings.body_added} if settings.extra_body else {})


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
    code = error_code(body)
    if code is not None:
        raise status_fault(code, {}, body, key)
    reply = parsed(body, _Completion)
    if not reply.choices:
        raise status_fault(200, {}, body, key)
    choice = reply.choices[0]
    text = choice.message.content or choice.message.refusal or ""
    stop = Stop.REFUSAL if choice.message.refusal else _stop(choice.finish_reason, text)
    who = request_id or (reply.id if isinstance(reply.id, str) else None)
    return completion(text, stop, _used(reply.usage), who, choice.message.thought)


def _stop(reason: object, text: str) -> Stop:
    known = _STOPS.get(reason.strip().lower()) if isinstance(reason, str) else None
    return known or (Stop.END if _is_whole(parted(text).answer) else Stop.OTHER)


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
