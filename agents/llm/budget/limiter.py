"""Rate limits of one provider: a number of calls at the same time, and a number of calls in any minute.

The minute is a sliding window: a burst may use all of it at once, and no 60 seconds contain more calls than the
profile allows. No caller waits past its deadline: if it cannot be served in time, it is told so at once. Calls that
are asked ahead of a hearing may use at most half of both limits (one place if there is only one), and they reserve no
future place, so that the court finds the other half free.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

_MINUTE_S = 60.0


class NoSlot(Exception):
    """The caller's deadline comes before its turn."""


class Limiter:
    """The rate limiter of one provider, within one event loop; first come, first served."""

    def __init__(self, requests_per_minute: int, concurrency: int) -> None:
        self._at_once = asyncio.Semaphore(concurrency)
        self._ahead = asyncio.Semaphore(max(1, concurrency // 2))
        self._half = max(1, requests_per_minute // 2)
        self._granted: deque[float] = deque(maxlen=requests_per_minute)

    @asynccontextmanager
    async def slot(self, until: float, *, ahead: bool = False) -> AsyncGenerator[None]:
        """Hold one of the places; `until` is a time of the event loop [s]. Raises NoSlot when `until` comes first."""
        async with AsyncExitStack() as held:
            for place in (self._ahead, self._at_once) if ahead else (self._at_once,):
                await _acquire(place, until)
                held.callback(place.release)
            await (self._turn_ahead(until) if ahead else self._turn(until))
            yield

    async def _turn(self, until: float) -> None:
        """Take a place in the minute, now or later; a place after the deadline is not taken."""
        now = asyncio.get_running_loop().time()
        full = len(self._granted) == self._granted.maxlen
        turn = max(now, self._granted[0] + _MINUTE_S) if full else now
        if turn >= until:
            raise NoSlot
        self._granted.append(turn)
        await asyncio.sleep(turn - now)

    async def _turn_ahead(self, until: float) -> None:
        """Take a place in the minute when half of it is free; before that, take none."""
        loop = asyncio.get_running_loop()
        while len(self._granted) >= self._half and (turn := self._granted[-self._half] + _MINUTE_S) > loop.time():
            if turn >= until:
                raise NoSlot
            await asyncio.sleep(turn - loop.time())
        self._granted.append(loop.time())


async def _acquire(place: asyncio.Semaphore, until: float) -> None:
    try:
        async with asyncio.timeout_at(until):
            await place.acquire()
    except TimeoutError:
        raise NoSlot from None
