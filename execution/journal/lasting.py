"""A sink that outlives its journal: when the disk is full, locked or broken, what is held can still be sold.

Once a session on the clock trades (`outlive`), a journal that cannot be written ends it no more. The loss is told at once. From
then on events wait in memory, linked in the journal's chain, and lie in a rescue file too where one can be written. The journal
is tried again, with growing pauses; when it can be written, what waits is appended in order, and the journal is what it would
have been. Whoever asks `lost` takes no new risk meanwhile (`execution/kill_switch/storage.py`, `execution/venues/durable.py`).

A session whose journal fails before that is ended, as ever: it does not begin without one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from config.clock import Clock
from config.errors import OutputFault
from config.frozen import Journaled
from execution.journal.chain import Journal
from execution.journal.rescue import Rescue, rescue_file

_PAUSE = timedelta(seconds=1)
_LONGEST = timedelta(seconds=60)


class Writes(Protocol):
    """A journal, or one that is repeated first."""

    @property
    def opened(self) -> Journal | None:
        """The journal that is written; None before the first new event."""
        ...

    def append(self, event: Journaled) -> int: ...
    def close(self) -> None: ...
    def abandon(self) -> None: ...


class Lost(NamedTuple):
    """Since when a journal cannot be written, and why."""

    since_utc: datetime
    why: str


class _Wait:
    """How long the next try waits: twice as long each time."""

    def __init__(self, now: datetime) -> None:
        self._pause, self._due = _PAUSE, now + _PAUSE

    def is_over(self, now: datetime) -> bool:
        """Whether it is time. If it is, the next wait begins."""
        if now < self._due:
            return False
        self._pause = min(2 * self._pause, _LONGEST)
        self._due = now + self._pause
        return True


class LastingJournal:
    """The sink of a session on the clock. `state`: the folder of rescue files; `tell` takes words for the user."""

    def __init__(self, journal: Writes, path: Path, state: Path, clock: Clock, tell: Callable[[str], None]) -> None:
        self._sink = journal
        self._path, self._state = path, state
        self._clock, self._tell = clock, tell
        self._rescue: Rescue | None = None
        self._rescue_fails = self._said_left = False
        self._wait = _Wait(clock.now())
        self.lost: Lost | None = None
        """Why the journal cannot be written now; None while it can."""

    def outlive(self) -> None:
        """From now on the session outlives its journal: it may hold something that has to be sold."""
        self._rescue = Rescue(rescue_file(self._state, self._path))

    def append(self, event: Journaled) -> int:
        """Add an event, to what waits in memory if the journal is lost. Raises OutputFault only before `outlive`."""
        if self.lost is None:
            try:
                return self._sink.append(event)
            except OutputFault as fault:
                if self._rescue is None or self._sink.opened is None:
                    raise
                self._lose(fault)
        else:
            self._journal.keep(event)
        number = self._journal.count
        self._save()
        self.try_again()
        return number

    def try_again(self) -> None:
        """Write what waits, if the journal is lost and it is time to try."""
        now = self._clock.now()
        if self.lost is None or not self._wait.is_over(now):
            return
        count = len(self._journal.waiting)
        try:
            self._journal.flush()
        except OutputFault:
            return
        self._found(count)

    def close(self) -> None:
        """Write what waits, and close the journal. Raises OutputFault, with where the rescue file lies, if that fails."""
        count = 0 if self.lost is None else len(self._journal.waiting)
        try:
            self._sink.close()
        except OutputFault as fault:
            if self.lost is None:
                raise
            self._said_left = True
            raise OutputFault(
                f"The session ended while its journal could not be written ({_cause(fault)}). {self._left()}"
            ) from fault
        if self.lost is not None:
            self._found(count)

    def abandon(self) -> None:
        """Close the journal after a fault. What waits stays in the rescue file."""
        if self.lost is not None and not self._said_left:
            self._tell(f"CRITICAL: {self._left()}")
        self._sink.abandon()

    @property
    def _journal(self) -> Journal:
        journal = self._sink.opened
        assert journal is not None  # nothing is lost before it is open
        return journal

    def _lose(self, fault: OutputFault) -> None:
        now = self._clock.now()
        self.lost, self._wait, self._rescue_fails = Lost(now, _cause(fault)), _Wait(now), False
        self._tell(
            f"CRITICAL {now:%Y-%m-%d %H:%M} UTC: The journal {self._path} cannot be written ({self.lost.why}). No new risk is "
            f"taken and entries are withdrawn; stops and exits go on by the ledger in memory. {self._journal.mend}: the journal "
            "is tried again by itself, and goes on where it stopped."
        )

    def _save(self) -> None:
        """Copy what waits to the rescue file. The session goes on if that fails, and says so once."""
        if self._rescue is None:
            return
        try:
            self._rescue.save(self._journal.waiting)
        except OSError as fault:
            if not self._rescue_fails:
                self._tell(
                    f"CRITICAL {self._clock.now():%Y-%m-%d %H:%M} UTC: The rescue file {self._rescue.path} cannot be written "
                    f"either ({fault.strerror}). What happens now is in memory only, and exits go on. Do not end the session "
                    "before one of the two can be written."
                )
            self._rescue_fails = True
        else:
            self._rescue_fails = False

    def _found(self, count: int) -> None:
        self.lost = None
        if self._rescue is not None:
            self._rescue.remove()
        self._tell(
            f"INFO {self._clock.now():%Y-%m-%d %H:%M} UTC: The journal {self._path} is written again; the {count} events that "
            "waited are in it. It keeps the session from new risk no more."
        )

    def _left(self) -> str:
        """What is not in the journal, and where it lies."""
        assert self._rescue is not None  # nothing is lost before
        count = len(self._journal.waiting)
        if self._rescue_fails:
            return (
                f"The last {count} events are not in the journal {self._path}, and no rescue file could be written: they "
                "are gone. Compare the exchange's trade list with the journal before you resume the run."
            )
        return (
            f"The last {count} events are not in the journal {self._path}. They lie in {self._rescue.path}: keep that "
            "file, mend what was wrong, and resume the run; it takes them in."
        )


def _cause(fault: OutputFault) -> str:
    """What the database said."""
    return str(fault.__cause__ or fault)
