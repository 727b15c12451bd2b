"""Fetches one answer over http(s): with a time limit, a size limit and few redirects, and every fault as one sentence.

The size is counted as it arrives, decompressed, so that neither an endless answer nor a compressed bomb fills the memory.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx2

from config.clock import Clock
from config.reading.connections import NoClient, client_of, proxies_set
from config.sections.sentiment import SourceSettings

_MAX_REDIRECTS = 3
_AGENT = "tribunal/0.1 (RSS reader)"
_LONGEST_WAIT_S = 3600.0


class Failed(Exception):
    """Nothing of this answer can be used. The text gives the reason. `wait_s`: how long the server asks to be left alone."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class Nonsense(Exception):
    """The source answers, and what it says is known to be wrong. The text gives the reason."""


class Answer(NamedTuple):
    """The body of an answer, and its content type."""

    body: bytes
    kind: str

    def tree(self) -> Any:
        """The body as JSON. Raises Failed."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            said = " ".join(self.body[:80].decode("utf-8", "replace").split())
            raise Failed(f"the answer is not JSON: {said!r}") from None


async def fetched(
    url: str, row: SourceSettings, clock: Clock, headers: Mapping[str, str] | None = None, **query: str | int
) -> Answer:
    """The answer to one request. Raises Failed for whatever goes wrong, and TimeoutError when the caller's time is over."""
    try:
        async with _client(row, headers or {}) as client, client.stream("GET", url, params=query or None) as response:
            if response.status_code >= 400:
                raise Failed(_refusal(response), _wait_s(response.headers.get("retry-after"), clock.now()))
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > row.max_bytes:
                    raise Failed(f"the answer is larger than {row.max_bytes:,} bytes")
            return Answer(bytes(body), response.headers.get("content-type", ""))
    except (httpx2.HTTPError, httpx2.InvalidURL, NoClient) as error:
        remark = proxies_set() if isinstance(error, httpx2.TransportError) else ""
        raise Failed((str(error) or type(error).__name__) + remark) from error
    except (ExceptionGroup, OverflowError) as error:
        raise Failed(f"the address or its port is impossible{proxies_set()}") from error


def _client(row: SourceSettings, headers: Mapping[str, str]) -> httpx2.AsyncClient:
    """A client for one fetch. Raises NoClient when the environment's proxies or certificates cannot be used."""
    told = {"user-agent": _AGENT, "accept-encoding": "identity", **headers}
    return client_of(
        lambda: httpx2.AsyncClient(
            follow_redirects=True, max_redirects=_MAX_REDIRECTS, timeout=row.timeout_s, headers=told
        )
    )


def _refusal(response: httpx2.Response) -> str:
    wait = response.headers.get("retry-after")
    asks = f", and asks to wait {wait[:40]}{' s' if wait.isdigit() else ''}" if wait else ""
    return f"the server answers {response.status_code} {response.reason_phrase}{asks}"


def _wait_s(told: str | None, now: datetime) -> float | None:
    """What `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3); at most an hour, and None for anything else."""
    if told is None:
        return None
    if re.fullmatch(r"\d{1,9}", told.strip()):
        return min(float(told), _LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(told)
        return max(0.0, min((until - now).total_seconds(), _LONGEST_WAIT_S))
    except (ValueError, TypeError):
        return None


async def within(seconds: float, fetching: Any) -> Any:
    """What an awaitable gives. Raises Failed when it takes longer than these seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await fetching
    except TimeoutError:
        raise Failed(f"no whole answer within {seconds:g} s{proxies_set()}") from None
