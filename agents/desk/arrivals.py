"""The next input of a session: a closed bar or a report of the venue, whichever arrives first.

If both have arrived, the report goes first. In the recorded past of a session, its journal says which of the two came next. A
venue that sends nothing between bars costs nothing: it is asked once, and after that only bars are awaited.

It drops nothing that it has begun to wait for: the input that arrives second comes next.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from execution.reports import VenueReport
from market.bar import Slice

Came = TypeVar("Came")

SpokeNext = Callable[[], bool | None]
"""Whether a report of the venue, and not a bar, came next in the recorded past; None after the end of the recording."""


class Feed(Protocol):
    """Gives the closed bars, each once, in order of time."""

    async def next(self) -> Slice | None:
        """Wait for the next closed bar; None when there are no more."""
        ...


class Speaker(Protocol):
    """A venue that may send reports between two bars."""

    async def hear(self) -> VenueReport | None:
        """Wait for the next report; None when there will be no more."""
        ...


def nothing_recorded() -> None:
    """For a session without a recorded past: the input that arrives first comes next."""


class Arrivals:
    """The bars of a feed and the reports of a venue, one after another."""

    def __init__(self, feed: Feed, venue: Speaker, spoke_next: SpokeNext = nothing_recorded) -> None:
        self._bars = _Awaited(feed.next)
        self._words = _Awaited(venue.hear)
        self._spoke_next = spoke_next
        self._speaks = True

    async def next(self) -> Slice | VenueReport | None:
        """The next bar or report; None when the feed has ended. Raises what the feed or the venue raises."""
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
        """Stop waiting for both."""
        await self._bars.drop()
        await self._words.drop()


class _Awaited(Generic[Came]):
    """One input that is awaited repeatedly, either in a task that was started before or directly."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, Came]]) -> None:
        self._ask = ask
        self._task: asyncio.Task[Came] | None = None

    def begin(self) -> asyncio.Task[Came]:
        """The task that waits for the next one."""
        self._task = self._task or asyncio.ensure_future(self._ask())
        return self._task

    @property
    def is_there(self) -> bool:
        """Whether the next one has arrived."""
        return self._task is not None and self._task.done()

    async def take(self) -> Came:
        """The next one."""
        task, self._task = self._task, None
        return await (self._ask() if task is None else task)

    async def drop(self) -> None:
        """Stop waiting for the next one."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
