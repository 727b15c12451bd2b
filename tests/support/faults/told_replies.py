"""A session of aiohttp under ccxt that remembers what an exchange answered, and later tells it again with something wrong."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from typing import Any, NamedTuple

from mutations import mutated

Kept = dict[tuple[str, str], list[tuple[int, dict[str, str], str]]]
"""The answers by method and path: status, headers and body."""


ASKING = ("get", "post", "put", "delete")


class Told(NamedTuple):
    """An answer, as ccxt reads it."""

    status: int
    headers: dict[str, str]
    body: str
    reason: str = "told"

    async def text(self, errors: str = "strict") -> str:
        return self.body


class Remembering:
    """A session that asks as before, and keeps the answers."""

    def __init__(self, session: Any, kept: Kept) -> None:
        self._session, self._kept = session, kept

    def __getattr__(self, name: str) -> Any:
        if name in ASKING:
            return lambda url, **more: self._asked(name, url, more)
        return getattr(self._session, name)

    @asynccontextmanager
    async def _asked(self, method: str, url: Any, more: Any) -> AsyncIterator[Told]:
        async with getattr(self._session, method)(url, **more) as response:
            told = Told(response.status, dict(response.headers), await response.text(errors="replace"))
        self._kept[method, url.path].append((told.status, told.headers, told.body))
        yield told


class Repeating:
    """A session that asks nobody: it tells what was kept for the path, with something wrong."""

    def __init__(self, session: Any, kept: Kept, chance: Random) -> None:
        self._session, self._kept, self._chance = session, kept, chance
        self.told: Counter[str] = Counter()
        self.last = ""
        """The body that was told last."""

    def __getattr__(self, name: str) -> Any:
        return (lambda url, **_: self._asked(name, url)) if name in ASKING else getattr(self._session, name)

    @asynccontextmanager
    async def _asked(self, method: str, url: Any) -> AsyncIterator[Told]:
        found = self._kept.get((method, url.path)) or next(iter(self._kept.values()))
        status, headers, body = self._chance.choice(found)
        self.last, name = mutated(body, self._chance)
        self.told[name] += 1
        yield Told(200 if self._chance.random() < 0.9 else status, headers, self.last)


class Distorting:
    """A session that asks as before; a share of the answers arrives with something wrong."""

    def __init__(self, session: Any, share: Callable[[], float], chance: Random, told: Counter[str]) -> None:
        self._session, self._share, self._chance, self._told = session, share, chance, told

    def __getattr__(self, name: str) -> Any:
        if name in ASKING:
            return lambda url, **more: self._asked(name, url, more)
        return getattr(self._session, name)

    @asynccontextmanager
    async def _asked(self, method: str, url: Any, more: Any) -> AsyncIterator[Told]:
        asking: AbstractAsyncContextManager[Any] = getattr(self._session, method)(url, **more)
        async with asking as response:
            text = await response.text(errors="replace")
            if self._chance.random() < self._share():
                text, name = mutated(text, self._chance)
                self._told[name] += 1
            yield Told(response.status, dict(response.headers), text)


def nothing_kept() -> Kept:
    """No answer yet."""
    return defaultdict(list)
