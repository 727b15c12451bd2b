"""The only place where "now" comes from (law 8). Deciding code receives a clock; it never asks the machine."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Says what time it is in the world that the desk trades in."""

    def now(self) -> datetime:
        """The current moment, aware, UTC."""
        ...


class SystemClock:
    """The machine's clock, for live worlds and for progress displays."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Always the same moment, for tests and for replay."""

    def __init__(self, moment: datetime) -> None:
        self._moment = aware(moment)

    def now(self) -> datetime:
        return self._moment


class BarClock:
    """Driven by the tape: it is always the close of the last bar that was seen, and it never runs backwards."""

    def __init__(self, start: datetime) -> None:
        self._moment = aware(start)

    def now(self) -> datetime:
        return self._moment

    def advance(self, to: datetime) -> None:
        """Move on to a bar close. Raises ValueError when that lies in the past."""
        if aware(to) < self._moment:
            raise ValueError(f"time cannot run backwards: {to.isoformat()} is before {self._moment.isoformat()}")
        self._moment = to


class Stopwatch:
    """Elapsed time of the machine, for progress and benchmarks only; never part of a record."""

    def __init__(self) -> None:
        self._start = SystemClock().now()

    def elapsed(self) -> timedelta:
        return SystemClock().now() - self._start


def aware(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError when it is naive: a time without a zone is corrupt (law 9)."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment.isoformat()}: give a UTC offset")
    return moment.astimezone(UTC)


def from_ms(milliseconds: int) -> datetime:
    """The moment `milliseconds` after the epoch, exactly."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds from the epoch to an aware moment."""
    return (aware(moment) - _EPOCH) // timedelta(milliseconds=1)
