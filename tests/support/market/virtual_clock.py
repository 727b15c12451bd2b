"""A clock that jumps: it advances as soon as everybody who lives by it waits."""

import asyncio
import heapq
from datetime import datetime, timedelta


class VirtualClock:
    """Time stands while fewer than `waiters` wait, so whatever answers over a wire takes none of it. `seen`: each moment it
    stood at."""

    def __init__(self, start: datetime, waiters: int = 1) -> None:
        self._now = start
        self._waiters = waiters
        self._heap: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._now

    async def wait(self, seconds: float) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._heap, (self._now + timedelta(seconds=max(0.0, seconds)), self._count, ready))
        self._advance()
        await ready

    def _advance(self) -> None:
        self._heap = [entry for entry in self._heap if not entry[2].done()]
        heapq.heapify(self._heap)
        if len(self._heap) >= self._waiters:
            until, _, ready = heapq.heappop(self._heap)
            self._now = max(self._now, until)
            ready.set_result(None)
