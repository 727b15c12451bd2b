"""The next input of a session: a closed bar, a report of the venue or a beat between bars, whichever arrives first.

If several have arrived, a report goes first, and then a beat. In the recorded past of a session, its journal says which of them
came next. A venue that sends nothing between bars costs nothing: it is asked once, and after that only bars are awaited.

It drops nothing that it has begun to wait for: the input that arrives second comes next.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from agents.records.inputs import Arrived, Between
from agents.records.steered import Steered
from execution.reports import VenueReport
from market.bar import Slice

Came = TypeVar("Came")

SpokeNext = Callable[[], bool | None]
"""Whether a report of the venue, and not a bar, came next in the recorded past; None after the end of the recording."""


class Feed(Protocol):
    """Gives the closed bars, each once, in order of time."""

    async def next(self) -> Slice | Arrived | None:
        """Wait for the next closed bar; None when there are no more. A feed on the clock says when it arrived, and with what
        news."""
        ...


class Speaker(Protocol):
    """A venue that may send reports between two bars."""

    async def hear(self) -> VenueReport | None:
        """Wait for the next report; None when there will be no more."""
        ...


class Pulse(Protocol):
    """What a session on the clock has to see between two bars."""

    def past(self) -> Between | None:
        """The next input of the recorded past, if it is one of these."""
        ...

    async def next(self) -> Between:
        """Wait until there is something to see."""
        ...


class Glance(Protocol):
    """What a session that is not on the clock looks at between two bars, and waits for nothing."""

    def past(self) -> Between | None:
        """As of a pulse."""
        ...

    def look(self) -> Steered | None:
        """What an operator has asked, if there is anything."""
        ...


def nothing_recorded() -> None:
    """For a session without a recorded past: the input that arrives first comes next."""


class Arrivals:
    """The bars of a feed, the reports of a venue and the beats of a pulse, one after another."""

    def __init__(
        self,
        feed: Feed,
        venue: Speaker,
        spoke_next: SpokeNext = nothing_recorded,
        pulse: Pulse | None = None,
        glance: Glance | None = None,
    ) -> None:
        """`pulse` is None for a session that is not on the clock, and `glance` for any other, or where nobody can ask."""
        self._bars = _Awaited(feed.next)
        self._words = _Awaited(venue.hear)
        self._beats = None if pulse is None else _Awaited(pulse.next)
        self._past: Pulse | Glance | None = pulse or glance
        self._glance = glance
        self._spoke_next = spoke_next
        self._speaks = True

    async def next(self) -> Slice | Arrived | VenueReport | Between | None:
        """The next input; None when the feed has ended. Raises what the feed, the venue or the pulse raises."""
        spoke = self._spoke_next()
        if spoke is not None:
            beat = None if self._past is None else self._past.past()
            return await (self._words if spoke else self._bars).take() if beat is None else beat
        if self._glance is not None and (asked := self._glance.look()) is not None:
            return asked
        while self._speaks or self._beats is not None:
            awaited: list[asyncio.Task[Any]] = [self._bars.begin()]
            awaited += [self._words.begin()] if self._speaks else []
            awaited += [self._beats.begin()] if self._beats is not None else []
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if self._speaks and self._words.is_there:
                word = await self._words.take()
                if word is not None:
                    return word
                self._speaks = False
            elif self._beats is not None and self._beats.is_there:
                return await self._beats.take()
            else:
                break
        return await self._bars.take()

    async def close(self) -> None:
        """Stop waiting for all of them."""
        for awaited in (self._bars, self._words, self._beats):
            if awaited is not None:
                await awaited.drop()


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
