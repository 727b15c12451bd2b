"""One HTTP request through an SDK: sent once, finished before its deadline, and each failure mapped to an outcome.

Both SDKs are generated in the same way, so one module maps their errors: `sdk` is the module `anthropic` or `openai`.
Replies are taken as bytes and validated here, because the objects of the SDKs may hold anything (a web page becomes a
`str`, a missing field becomes None). They are counted while they are read, and given up at `MOST_BYTES`. Nothing is retried, and
no header or reply can make this module wait.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Stop, Usage
from agents.llm.thought import parted
from config.reading.connections import NoClient, client_of, proxies_set

if TYPE_CHECKING:
    import httpx2

DETAIL_CHARS = 300
MOST_BYTES = 2_000_000
"""Longest reply that is read [bytes]. 64,000 tokens of thought are a quarter of it."""
SENT = frozenset(
    ("host", "accept", "accept-encoding", "connection", "content-type", "content-length", "transfer-encoding",
     "anthropic-version", "x-stainless-raw-response")
)  # fmt: skip
"""The headers that a request may carry beside the key and our name. The last one tells the SDKs to leave a reply as bytes."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""This machine, which is asked without any proxy."""
Body = TypeVar("Body", bound=BaseModel)

_BY_NAME = {
    "insufficient_quota": AttemptOutcome.QUOTA,
    "billing_error": AttemptOutcome.QUOTA,
    "contract_spend_limit_reached": AttemptOutcome.QUOTA,
    "enforced_spend_limit_reached": AttemptOutcome.QUOTA,
    "overloaded_error": AttemptOutcome.OVERLOADED,
    "context_length_exceeded": AttemptOutcome.TOO_LARGE,
    "exceed_context_size_error": AttemptOutcome.TOO_LARGE,
}
_BY_STATUS = {
    401: AttemptOutcome.AUTH,
    402: AttemptOutcome.QUOTA,
    403: AttemptOutcome.AUTH,
    408: AttemptOutcome.TIMEOUT,
    413: AttemptOutcome.TOO_LARGE,
    429: AttemptOutcome.RATE_LIMITED,
    529: AttemptOutcome.OVERLOADED,
}


_MESSAGES = ("message", "error", "errors", "detail", "error_message", "msg", "description")


class HttpReply(NamedTuple):
    """The body of a reply with status 2xx, and the provider's id of the request."""

    body: bytes
    request_id: str | None


class TooLong(Exception):
    """A reply that is longer than any answer, or whose length cannot be known before it is read."""


def _capped(stream: Any) -> Any:
    """The same stream, which raises TooLong after `MOST_BYTES`."""
    import httpx2

    class Capped(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for part in stream:
                read += len(part)
                if read > MOST_BYTES:
                    raise TooLong(f"the reply is longer than {MOST_BYTES:,} bytes; it was not read to its end")
                yield part

        async def aclose(self) -> None:
            await stream.aclose()

    return Capped()


def usable_key(key: SecretStr | None, variable: str) -> str:
    """Return the plain key. Raises ProviderFault when it is not set, or contains characters that no key can contain."""
    bare = key.get_secret_value().strip() if key is not None else ""
    if not bare:
        raise ProviderFault(AttemptOutcome.SKIPPED_NO_KEY, f"set {variable}")
    if not (bare.isascii() and bare.isprintable()):
        raise ProviderFault(AttemptOutcome.AUTH, f"{variable} holds characters that no key has; set it again")
    return bare


def http_client(base_url: str, own: Mapping[str, str]) -> "httpx2.AsyncClient":
    """A client that sends a prompt where the profile says, and with it nothing that the environment adds.

    It follows no redirect, asks this machine without any proxy, and reads at most `MOST_BYTES` of a reply. SDKs take keys,
    organisations, projects and whole headers out of variables of the environment, for whatever host is asked; so each header
    that is not among `SENT` is dropped, and those of `own`, which hold the key that the profile names, are set last. Raises
    ProviderFault, with nothing sent, when the proxies or certificates of the environment cannot be used.
    """
    import httpx2

    async def only_ours(request: "httpx2.Request") -> None:
        for name in [name for name in request.headers if name.lower() not in SENT]:
            del request.headers[name]
        request.headers.update({"user-agent": "tribunal", "accept-encoding": "identity", **own})

    async def counted(response: "httpx2.Response") -> None:
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise TooLong("the reply is compressed, which was not asked for: its length cannot be limited")
        response.stream = _capped(response.stream)

    loopback = urlsplit(base_url).hostname in LOOPBACK
    try:
        return client_of(
            lambda: httpx2.AsyncClient(
                trust_env=not loopback,
                follow_redirects=False,
                event_hooks={"request": [only_ours], "response": [counted]},
            )
        )
    except NoClient as fault:
        raise ProviderFault(AttemptOutcome.CONNECTION, f"not sent: {fault}", sent=False) from fault


async def send_request(sdk: ModuleType, send: Callable[[], Awaitable[Any]], timeout_s: float, secret: str) -> HttpReply:
    """Send one request through `sdk` and return its body. Raises ProviderFault for everything else, within
    `timeout_s`.
    """
    import httpx2

    try:
        async with asyncio.timeout(timeout_s):
            raw = await send()
    except TooLong as error:
        raise ProviderFault(AttemptOutcome.NONSENSE, str(error)) from error
    except sdk.APIStatusError as error:
        raise status_fault(error.status_code, error.response.headers, error.response.content, secret) from error
    except (TimeoutError, sdk.APITimeoutError) as error:
        raise ProviderFault(AttemptOutcome.TIMEOUT, f"no answer within {timeout_s:.3g} s") from error
    except (sdk.APIConnectionError, httpx2.HTTPError, OSError, OverflowError, ExceptionGroup) as error:
        if isinstance(error.__cause__, TooLong):
            raise ProviderFault(AttemptOutcome.NONSENSE, str(error.__cause__)) from error
        raise _unconnected(error, secret) from error
    response = raw.http_response
    return HttpReply(response.content, response.headers.get("request-id") or response.headers.get("x-request-id"))


def _unconnected(error: Exception, secret: str) -> ProviderFault:
    """A connection that failed: before it was made, nothing was sent; an impossible port is told as a group or an overflow."""
    import httpx2

    never = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, ExceptionGroup, OverflowError)
    if not isinstance(error.__cause__ or error, never):
        return ProviderFault(AttemptOutcome.CONNECTION, _clean(_cause(error), secret))
    host = getattr(getattr(getattr(error, "request", None), "url", None), "host", "")
    through = "" if host in LOOPBACK else proxies_set()
    return ProviderFault(AttemptOutcome.CONNECTION, _clean(f"not sent: {_cause(error)}{through}", secret), sent=False)


def parsed(body: bytes, shape: type[Body]) -> Body:
    """Return the body as the protocol defines it. Raises ProviderFault (NONSENSE) for a web page, broken JSON or
    missing fields.
    """
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{where}: {first['msg']}" if where else first["msg"]
        raise ProviderFault(
            AttemptOutcome.NONSENSE, _clean(f"the reply is not of this protocol ({what})", "")
        ) from error


def usage_of(input_tokens: int, cache_read: int, cache_write: int, output_tokens: int) -> Usage:
    """Return the usage as billed; `input_tokens` includes both cache figures. Raises ProviderFault (NONSENSE) for
    negative figures.
    """
    if min(input_tokens, cache_read, cache_write, output_tokens) < 0:
        raise ProviderFault(AttemptOutcome.NONSENSE, "the reply counts negative tokens")
    read = min(cache_read, input_tokens)
    return Usage(
        input_tokens=input_tokens,
        cache_read_tokens=read,
        cache_write_tokens=min(cache_write, input_tokens - read),
        output_tokens=output_tokens,
    )


def completion(
    text: str, stop: Stop, usage: Usage | None, request_id: str | None, thinking: str | None = None
) -> Completion:
    """Return the completion: the answer unchanged, and the thinking beside it, which is parted from the text if it stands there.

    Raises ProviderFault (NONSENSE, with its usage) when a finished answer is empty.
    """
    own = parted(text)
    thought = "\n\n".join(part for part in (thinking, own.thinking) if part) or None
    if stop is Stop.END and not own.answer:
        after = " after its thinking" if thought else ""
        raise ProviderFault(AttemptOutcome.NONSENSE, f"the model finished without a word{after}", usage=usage)
    return Completion(text=own.answer, stop=stop, usage=usage, request_id=request_id, thinking=thought)


def with_schema(system: str, json_schema: str) -> str:
    """The constant part of a prompt with the schema of the answer at its end: for servers that take no schema of their own, and
    where it lifts the prefix above the least that a provider caches."""
    return (
        f"{system}\nThe schema of your answer (JSON Schema):\n{json_schema}\n"
        "Answer with one JSON object of this schema and nothing else."
    )


def status_fault(status: int, headers: Mapping[str, str], body: bytes, secret: str) -> ProviderFault:
    """Return the meaning of an error status. A more specific error name in the body has priority over the status."""
    names, message, parameter = _error_of(body)
    outcome = next((_BY_NAME[name] for name in names if name in _BY_NAME), None) or _of_status(status)
    detail = _clean(f"HTTP {status}: {message or 'no message'}", secret)
    return ProviderFault(outcome, detail, retry_after_s(headers), parameter=parameter)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the wait that the provider asks for [s], from `retry-after-ms` or `retry-after` (seconds, or a date
    against `date`).
    """
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / scale
        except ValueError:
            continue
        return seconds if 0 <= seconds < float("inf") else None
    try:
        wait = parsedate_to_datetime(headers["retry-after"]) - parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


def _of_status(status: int) -> AttemptOutcome:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return AttemptOutcome.SERVER_ERROR
    return AttemptOutcome.BAD_REQUEST if status >= 400 else AttemptOutcome.NONSENSE


def error_code(body: bytes) -> int | None:
    """The status that an error in a reply with status 200 stands for: its own code, or 200; None where the reply is no error.

    Some gateways and servers report errors so, as a text, an object, or a list with one.
    """
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return None
    first = whole[0] if isinstance(whole, list) and whole else whole
    error = first.get("error") if isinstance(first, dict) and not first.get("choices") else None
    if not error:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 200


def _error_of(body: bytes) -> tuple[tuple[str, ...], str, str | None]:
    """Return the names (type, code), the message and the parameter of an error body, if present."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return (), body.decode("utf-8", "replace"), None
    first = whole[0] if isinstance(whole, list) and whole else whole
    error = first.get("error") or first if isinstance(first, dict) else first
    if not isinstance(error, dict):
        return (), str(error), None
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, dict) else None
    names = tuple(name for name in (code, error.get("code"), error.get("type")) if isinstance(name, str))
    parameter = error.get("param")
    return names, _sentence(error), parameter if isinstance(parameter, str) and parameter else None


def _sentence(error: object, depth: int = 4) -> str:
    """The first text of an error under one of the names that servers give it, however it is nested."""
    if isinstance(error, str):
        return error
    if isinstance(error, list) and depth:
        return next((said for one in error if (said := _sentence(one, depth - 1))), "")
    if isinstance(error, dict) and depth:
        return next((said for name in _MESSAGES if (said := _sentence(error.get(name), depth - 1))), "")
    return ""


def _cause(error: BaseException) -> str:
    """Return the underlying error: the SDKs only say "Connection error."."""
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {cause}".rstrip(": ")


def _clean(text: str, secret: str) -> str:
    """Return one short line without control characters, lone surrogates or the key."""
    text = text.replace(secret, "***") if secret else text
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= DETAIL_CHARS else line[: DETAIL_CHARS - 1] + "…"
