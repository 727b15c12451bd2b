"""The only place that reads the current time (law 8). Code that decides receives a clock and never asks the machine."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Gives the current time of the world in which the desk trades: real, simulated or recorded."""

    def now(self) -> datetime:
        """The current moment, aware, UTC."""
        ...


class PacedClock(Clock, Protocol):
    """A clock whose time can be waited for: what is on the clock waits with it, and never sleeps by itself."""

    async def wait(self, seconds: float) -> None:
        """Return after this many seconds of this clock; at once for none."""
        ...


class SystemClock:
    """The machine's clock, for live worlds and for progress displays."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class FixedClock:
    """Always the same moment, for tests and for replay."""

    def __init__(self, moment: datetime) -> None:
        self._moment = aware(moment)

    def now(self) -> datetime:
        return self._moment


class BarClock:
    """Follows the tape: the time is the close of the last bar that was read. It never runs backwards."""

    def __init__(self, start: datetime) -> None:
        self._moment = aware(start)

    def now(self) -> datetime:
        return self._moment

    def advance(self, to: datetime) -> None:
        """Move to a bar close. Raises ValueError when `to` is earlier than the current time."""
        if aware(to) < self._moment:
            raise ValueError(f"time cannot run backwards: {to.isoformat()} is before {self._moment.isoformat()}")
        self._moment = to


class Stopwatch:
    """Measures elapsed time, of the machine if no clock is given, for progress and benchmarks only. No record contains it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._start = self._clock.now()

    def elapsed(self) -> timedelta:
        return self._clock.now() - self._start


def aware(moment: datetime) -> datetime:
    """Convert a moment to UTC. Raises ValueError for a naive datetime: a time without a zone is corrupt (law 9)."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment.isoformat()}: give a UTC offset")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def from_ms(milliseconds: int) -> datetime:
    """The UTC moment that is exactly `milliseconds` after 1970-01-01."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds from 1970-01-01 UTC to an aware moment. Raises ValueError for a naive datetime."""
    return (aware(moment) - _EPOCH) // _MILLISECOND
