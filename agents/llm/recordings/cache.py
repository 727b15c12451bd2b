"""The cache of answers: by request key, for a limited time, and only answers with an opinion.

Each answer is one file that is replaced as a whole. A file that is damaged, too old or of another key counts as no
answer. A cached answer is validated again like any other reply: the cache guarantees bytes, not their meaning. While
one caller asks, other callers with the same request wait for its answer.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from agents.llm.attempt import Completion
from agents.llm.budget.limiter import NoSlot
from config.clock import Clock
from config.files import write_whole
from config.frozen import Frozen, UtcTime

CACHE_FOLDER = "answers"
_LOG = logging.getLogger(__name__)


class _Entry(Frozen):
    key: str
    stored_utc: UtcTime
    completion: Completion
    sha256: str


class Cache:
    """The cached answers of this user in one folder. The clock is the machine's."""

    def __init__(self, folder: Path, ttl_s: float, clock: Clock) -> None:
        self._folder = folder
        self._ttl = timedelta(seconds=ttl_s)
        self._clock = clock
        self._flights: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}
        self._prune()

    def get(self, key: str) -> Completion | None:
        """Return the answer to a request, or None."""
        try:
            entry = _Entry.model_validate_json(self._file(key).read_bytes())
        except (OSError, ValidationError):
            return None
        age = self._clock.now() - entry.stored_utc
        sound = entry.key == key and entry.sha256 == _sha256(entry.completion)
        return entry.completion if sound and timedelta(0) <= age < self._ttl else None

    def put(self, key: str, completion: Completion) -> None:
        """Cache an answer that has an opinion. If the disk fails, only the next caller pays again."""
        entry = _Entry(key=key, stored_utc=self._clock.now(), completion=completion, sha256=_sha256(completion))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._file(key), entry.canonical(), private=True)
        except OSError as fault:
            _LOG.warning("An answer could not be kept for later use (%s).", fault)

    def drop(self, key: str) -> None:
        """Delete an answer, if there is one."""
        self._file(key).unlink(missing_ok=True)

    @asynccontextmanager
    async def flight(self, key: str, until: float) -> AsyncGenerator[None]:
        """Hold the only open call of a request; other callers with the same key wait until it is finished.

        `until` is a time of the event loop [s]. Raises NoSlot when `until` comes first.
        """
        lock = self._flights.setdefault(key, asyncio.Lock())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            try:
                async with asyncio.timeout_at(until):
                    await lock.acquire()
            except TimeoutError:
                raise NoSlot from None
            try:
                yield
            finally:
                lock.release()
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._flights[key]

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _prune(self) -> None:
        """Delete files that are too old. A file that disappears meanwhile was deleted by another process."""
        oldest = (self._clock.now() - self._ttl).timestamp()
        for file in self._folder.glob("*.json"):
            try:
                if file.stat().st_mtime < oldest:
                    file.unlink()
            except OSError:
                continue


def _sha256(completion: Completion) -> str:
    return hashlib.sha256(completion.canonical()).hexdigest()
