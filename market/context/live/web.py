"""Asks public interfaces over http(s), within a time, a size and nothing of the environment: no proxy, no netrc, no redirect.

What comes back is not trusted. Whatever cannot be used is a `NotRead` with one clause that says why; nothing else is raised.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from config.reading.connections import NoClient, client_of

AGENT = "tribunal (figures of markets)"


class NotRead(Exception):
    """A source gave nothing that can be used. The text says why. `retry_after_s`: after which time it may be asked again [s]."""

    def __init__(self, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Web:
    """How long an answer may take in all, and how large it may be."""

    timeout_s: float = 10.0
    max_bytes: int = 4_000_000

    async def get(self, url: str, params: Mapping[str, str]) -> bytes:
        """The body of a page. Raises NotRead."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._get(url, params)
        except TimeoutError:
            raise NotRead(f"no whole answer within {self.timeout_s:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, NoClient) as error:
            raise NotRead(str(error) or type(error).__name__) from error
        except (ExceptionGroup, OverflowError) as error:
            raise NotRead("the address or its port is impossible") from error

    async def json(self, url: str, params: Mapping[str, str]) -> Any:
        """The body of a page as JSON, its numbers finite. Raises NotRead."""
        body = await self.get(url, params)
        try:
            return json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            shown = "a web page" if body.lstrip()[:1] == b"<" else "no whole JSON"
            raise NotRead(f"the answer is {shown}") from None

    async def _get(self, url: str, params: Mapping[str, str]) -> bytes:
        headers = {"user-agent": AGENT, "accept-encoding": "identity"}
        client = client_of(
            lambda: httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=self.timeout_s, headers=headers)
        )
        async with client, client.stream("GET", url, params=dict(params)) as response:
            if response.status_code != 200:
                raise NotRead(f"status {response.status_code}", _seconds(response.headers.get("retry-after")))
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self.max_bytes:
                    raise NotRead(f"the answer is larger than {self.max_bytes:,} bytes")
            return bytes(body)


USUAL = Web()
"""Ten seconds and four megabytes."""


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; None for a date, and for nonsense."""
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 7 else None
