"""The window itself: the fold of one session, which one thread fills and any number read.

Whoever reads holds its lock for the time of one answer, and the thread that fills it for one event. A session never waits for
either: it hands its events over (`handover.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from agents.court.case import Case
from agents.records.record import Session
from config.frozen import Journaled
from ops.live.state.fold import Fold, Said
from ops.live.state.process import Process
from ops.live.state.values import Status


class Window:
    """What is known of the session in the folder `run` (its name). `total`: the events of its journal, where that is known."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.total = 0
        self._fold: Fold | None = None
        self._lock = RLock()
        self._changes = self._missed = 0
        self._fault = ""
        self._is_reading = True
        self.process: Process | None = None
        """What the process of the session tells, where the window is inside it."""

    def take(self, event: Journaled, number: int) -> None:
        """Take the next event of the session. One before its start is nothing that can be shown."""
        with self._lock:
            if isinstance(event, Session):
                self._fold = Fold(self.run, event)
            elif self._fold is not None:
                self._fold.take(event, number)
            self._changes += 1

    def overhear(self, case: Case, said: Said) -> None:
        """Take what a role says in court, before the record of its bar is written."""
        with self._lock:
            if self._fold is not None:
                self._fold.overhear(case, said)
                self._changes += 1

    def miss(self, number: int) -> None:
        """Events up to this number cannot be had: the next one is taken without them, and they are counted."""
        with self._lock:
            self._missed += number - self.events
            self._changes += 1

    def caught_up(self) -> None:
        """All that the journal holds has been taken."""
        self._turn(is_reading=False, fault="")

    def fail(self, why: str) -> None:
        """The journal cannot be followed now."""
        self._turn(is_reading=self._is_reading, fault=why)

    def begin_again(self) -> None:
        """Forget everything: the journal is another one than it was."""
        with self._lock:
            self._fold, self._missed = None, 0
        self._turn(is_reading=True, fault="")

    @property
    def changes(self) -> int:
        """A number that rises whenever something has changed."""
        return self._changes

    @property
    def events(self) -> int:
        """The number of the last event that was taken; 0 before the first."""
        fold = self._fold
        return 0 if fold is None else fold.events

    @property
    def fault(self) -> str:
        """Why the journal cannot be followed; empty while it can."""
        return self._fault

    @property
    def why_not_yet(self) -> str:
        """Why there is nothing to show, where the start of the session is not known."""
        return self._fault or "The start of the session is not known yet."

    @property
    def is_reading(self) -> bool:
        """Whether the journal has not been read to its end yet."""
        return self._is_reading

    @contextmanager
    def fold(self) -> Iterator[Fold | None]:
        """The fold, which does not change meanwhile; None before the session's start is known."""
        with self._lock:
            yield self._fold

    def status(self) -> Status | None:
        """How the session stands; None before its start is known."""
        with self.fold() as fold:
            if fold is None:
                return None
            return fold.status(is_reading=self._is_reading, missed=self._missed, fault=self._fault)

    def _turn(self, *, is_reading: bool, fault: str) -> None:
        with self._lock:
            if (is_reading, fault) != (self._is_reading, self._fault):
                self._is_reading, self._fault = is_reading, fault
                self._changes += 1
