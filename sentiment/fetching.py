"""Keeps the live sources of an engine fresh: all at the same time, each when its last answer is too old, and never for too long.

A decision waits at most the budget since a fetch began. What comes later is kept for the next decision; a source has only one
fetch under way.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from config.clock import Clock
from sentiment.sources.source import LiveSource

_AFTER_FAILURE_S = 60.0
"""A source that failed is asked again after this time, or after its `ttl_s` if that is shorter."""

_WITHOUT_A_ROW_S = 300.0


class Fetching:
    """The fetches of these sources. `ttl_s`: the age at which the answer of a source, by name, is fetched anew [seconds]."""

    def __init__(
        self, sources: Sequence[LiveSource], ttl_s: Mapping[str, float], clock: Clock, budget_s: float
    ) -> None:
        self._sources = tuple(sources)
        self._ttl_s = ttl_s
        self._clock = clock
        self._budget_s = budget_s
        self._due: dict[str, datetime] = {}
        self._under_way: dict[str, tuple[asyncio.Task[None], float]] = {}

    @property
    def nothing(self) -> bool:
        """Whether no source must be fetched."""
        return not self._sources

    async def wait(self) -> None:
        """Begin every fetch that is due, and wait for those under way, each at most the budget since it began."""
        loop = asyncio.get_running_loop()
        for source in self._sources:
            if self._is_due(source, loop):
                self._under_way[source.name] = loop.create_task(self._fetch(source)), loop.time()
        waits = [(task, self._budget_s - (loop.time() - begun)) for task, begun in self._under_way.values()]
        await asyncio.gather(
            *(asyncio.wait((task,), timeout=max(0.0, left)) for task, left in waits if not task.done())
        )

    def late(self, name: str) -> str | None:
        """Why a source has no answer yet; None if no fetch of it is under way."""
        task, _ = self._under_way.get(name, (None, 0.0))
        return None if task is None or task.done() else f"no answer within {self._budget_s:g} s"

    async def close(self) -> None:
        """End the fetches that are under way."""
        tasks = [task for task, _ in self._under_way.values()]
        self._under_way.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_due(self, source: LiveSource, loop: asyncio.AbstractEventLoop) -> bool:
        task, _ = self._under_way.get(source.name, (None, 0.0))
        if task is not None and not task.done() and task.get_loop() is loop:
            return False
        due = self._due.get(source.name)
        return due is None or self._clock.now() >= due

    async def _fetch(self, source: LiveSource) -> None:
        await source.refresh()
        ttl_s = self._ttl_s.get(source.name, _WITHOUT_A_ROW_S)
        wait_s = ttl_s if source.failure is None else source.wait_s or min(ttl_s, _AFTER_FAILURE_S)
        self._due[source.name] = self._clock.now() + timedelta(seconds=wait_s)
