"""A clock that jumps: it advances as soon as everybody who lives by it waits."""

import asyncio
import heapq
from datetime import datetime, timedelta

PULSE_S = 0.5
"""How often the pulse of a session looks [s]: seven thousand times in a bar of an hour."""


class VirtualClock:
    """Time stands while fewer than `waiters` wait, so whatever answers over a wire takes none of it. `seen`: each moment it
    stood at. While `idle`, time stands also where anything is left to compute, such as a court that is on no wire. A wait of
    `PULSE_S` is the next look of a pulse, and takes `look_s`, but never longer than until somebody else has to do something."""

    def __init__(self, start: datetime, waiters: int = 1, look_s: float = PULSE_S) -> None:
        self.idle, self._planned = False, False
        self._now = start
        self.waiters = waiters
        self._look_s = look_s
        self._heap: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._now

    async def wait(self, seconds: float) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._heap, (self._until(seconds), self._count, ready))
        if self.idle:
            self._plan()
        else:
            self._advance()
        await ready

    def _until(self, seconds: float) -> datetime:
        until = self._now + timedelta(seconds=max(0.0, seconds))
        others = [entry[0] for entry in self._heap if not entry[2].done()]
        if seconds != PULSE_S or not others:
            return until
        return max(until, min(self._now + timedelta(seconds=self._look_s), *others))

    def leave(self) -> None:
        """One of those who live by it does not wait any more: time goes on if all the others do."""
        self.waiters -= 1
        asyncio.get_running_loop().call_soon(self._advance)

    def _plan(self) -> None:
        if not self._planned:
            self._planned = True
            asyncio.get_running_loop().call_soon(self._when_idle)

    def _when_idle(self) -> None:
        loop = asyncio.get_running_loop()
        self._planned = False
        if loop._ready:  # type: ignore[attr-defined]
            self._plan()
            return
        before = len(self._heap)
        self._advance()
        if len(self._heap) < before:  # whoever woke may wait for something else than time
            self._plan()

    def _advance(self) -> None:
        self._heap = [entry for entry in self._heap if not entry[2].done()]
        heapq.heapify(self._heap)
        if len(self._heap) >= self.waiters:
            until, _, ready = heapq.heappop(self._heap)
            self._now = max(self._now, until)
            ready.set_result(None)
