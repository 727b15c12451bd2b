"""How fast one provider may be asked: so many calls at a time, and so many in any minute.

The minute is a sliding one: a burst may use all of it at once, and no 60 seconds ever hold more calls than the profile says.
Nobody waits past his deadline: who cannot be served in time is told so at once.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

_MINUTE_S = 60.0


class NoSlot(Exception):
    """The caller's deadline comes before his turn."""


class Limiter:
    """The turnstile of one provider, within one event loop; first come, first served."""

    def __init__(self, requests_per_minute: int, concurrency: int) -> None:
        self._at_once = asyncio.Semaphore(concurrency)
        self._granted: deque[float] = deque(maxlen=requests_per_minute)

    @asynccontextmanager
    async def slot(self, until: float) -> AsyncGenerator[None]:
        """Hold one of the places; `until` is a time of the event loop [s]. Raises NoSlot when it comes first."""
        try:
            async with asyncio.timeout_at(until):
                await self._at_once.acquire()
        except TimeoutError:
            raise NoSlot from None
        try:
            await self._turn(until)
            yield
        finally:
            self._at_once.release()

    async def _turn(self, until: float) -> None:
        """Take a place in the minute, now or later; a place that would come too late is not taken."""
        now = asyncio.get_running_loop().time()
        full = len(self._granted) == self._granted.maxlen
        turn = max(now, self._granted[0] + _MINUTE_S) if full else now
        if turn >= until:
            raise NoSlot
        self._granted.append(turn)
        await asyncio.sleep(turn - now)
