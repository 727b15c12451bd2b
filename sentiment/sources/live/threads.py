"""Runs a client that blocks in a thread of its own, which neither delays a decision nor keeps the program from ending."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from sentiment.sources.fetch import Failed

T = TypeVar("T")


class Worker(Generic[T]):
    """At most one thread at a time: a call that hangs is left behind, and no second one is begun until it has ended."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._busy = False

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns. Raises Failed as `work` does, and while an earlier call still hangs."""
        if self._busy:
            raise Failed("the last request has not ended yet")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._busy = True
        threading.Thread(target=self._work, args=(work, loop, done), name=self._name, daemon=True).start()
        return await done

    def _work(self, work: Callable[[], T], loop: asyncio.AbstractEventLoop, done: "asyncio.Future[T]") -> None:
        outcome: T | Failed = Failed("the request broke off")
        try:
            outcome = work()
        except Failed as why:
            outcome = why
        finally:
            self._busy = False
            _tell(loop, done, outcome)


def _tell(loop: asyncio.AbstractEventLoop, done: "asyncio.Future[T]", outcome: T | Failed) -> None:
    """Say it in the loop of the caller, unless nobody waits any more."""

    def now() -> None:
        if done.done():
            return
        if isinstance(outcome, Failed):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)

    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(now)
