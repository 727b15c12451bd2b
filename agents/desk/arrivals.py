"""What comes next in a session: a closed bar, or a word of the venue, whichever is there first.

A word goes before a bar that is there as well. Where a journal holds the session's past, it says which of the two came next. A
venue that never speaks between bars costs nothing: it is asked once, and after that bars are awaited alone.

It refuses to drop what it has begun to wait for: a bar or a word that loses the race comes next.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from execution.reports import VenueReport
from market.bar import Slice

Came = TypeVar("Came")

SpokeNext = Callable[[], bool | None]
"""Whether a word of the venue, and no bar, came next in the recorded past; None where nothing is recorded any more."""


class Feed(Protocol):
    """Gives the closed bars, each once, in order of time."""

    async def next(self) -> Slice | None:
        """Wait for the next closed bar; None when there is none any more."""
        ...


class Speaker(Protocol):
    """Whoever may speak between two bars: a venue."""

    async def hear(self) -> VenueReport | None:
        """Wait for the next word; None when there will be none any more."""
        ...


def nothing_recorded() -> None:
    """The session has no past: what comes first comes next."""


class Arrivals:
    """The bars of a feed and the words of a venue, one after another."""

    def __init__(self, feed: Feed, venue: Speaker, spoke_next: SpokeNext = nothing_recorded) -> None:
        self._bars = _Awaited(feed.next)
        self._words = _Awaited(venue.hear)
        self._spoke_next = spoke_next
        self._speaks = True

    async def next(self) -> Slice | VenueReport | None:
        """The next bar or word; None when the feed has ended. Raises what the feed or the venue raises."""
        spoke = self._spoke_next()
        if spoke is not None:
            return await (self._words if spoke else self._bars).take()
        if self._speaks:
            await asyncio.wait((self._bars.begin(), self._words.begin()), return_when=asyncio.FIRST_COMPLETED)
            if self._words.is_there:
                word = await self._words.take()
                if word is not None:
                    return word
                self._speaks = False
        return await self._bars.take()

    async def close(self) -> None:
        """Wait for nothing any more."""
        await self._bars.drop()
        await self._words.drop()


class _Awaited(Generic[Came]):
    """What is waited for again and again: as a task that was begun before, or at once."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, Came]]) -> None:
        self._ask = ask
        self._task: asyncio.Task[Came] | None = None

    def begin(self) -> asyncio.Task[Came]:
        """The task that waits for the next one."""
        self._task = self._task or asyncio.ensure_future(self._ask())
        return self._task

    @property
    def is_there(self) -> bool:
        """Whether the next one need not be waited for."""
        return self._task is not None and self._task.done()

    async def take(self) -> Came:
        """The next one."""
        task, self._task = self._task, None
        return await (self._ask() if task is None else task)

    async def drop(self) -> None:
        """Wait for the next one no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
