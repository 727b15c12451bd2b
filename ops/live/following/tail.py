"""Behind a session in another process, or on a finished one: its journal is read, and read on as it grows.

The one reader of events reads it, and verifies each one against the chain. Nothing is written and no lock is held: a page of
events is fetched at a time. When a resumed run has taken its ending back, everything is read again.
"""

from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Self

from agents.records.events import read_events
from agents.records.reading import refuse_other_key
from config.errors import TribunalError
from execution.journal.chain import NOTHING, Head, head_at, holds_nothing, last_row
from ops.live.following.window import Window

UNWRITTEN = (
    "The session has written nothing yet: it writes in groups. If none runs here, it was killed before it began."
)
_A_PAGE = 256
_EVERY_S, _ENDED_EVERY_S = 0.5, 2.0
"""How often a journal is looked at that grows, and one that has its end [s]."""


class Tail:
    """A context manager while which a journal is followed. `every_s`: how often it is looked at [s]."""

    def __init__(self, window: Window, journal: Path, key: bytes, every_s: float = _EVERY_S) -> None:
        self._window, self._journal, self._key = window, journal, key
        self._every_s = every_s
        self.ended_every_s = _ENDED_EVERY_S
        self._head = NOTHING
        self._reading = Thread(target=self._work, name="tail", daemon=True)
        self._over = Event()

    def __enter__(self) -> Self:
        self._reading.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._reading.join()

    def _work(self) -> None:
        while not self._over.is_set():
            pause = self._every_s
            try:
                if self._head == NOTHING and holds_nothing(self._journal):
                    self._window.fail(UNWRITTEN)
                elif self._read() == _A_PAGE:
                    continue
                else:
                    pause = self._caught_up()
            except TribunalError as fault:
                self._window.fail(str(fault))
            except Exception as fault:  # noqa: BLE001  the boundary of the window: it says why it stopped
                self._window.fail(f"The window has stopped ({type(fault).__name__}: {fault}). Start it again.")
                return
            self._over.wait(pause)

    def _caught_up(self) -> float:
        """All there is was taken; returns when to look again [s]."""
        self._look_back()
        self._window.caught_up()
        with self._window.fold() as fold:
            return self.ended_every_s if fold is not None and fold.is_over else self._every_s

    def _read(self) -> int:
        """Take the next page of events; returns how many there were."""
        if self._head == NOTHING:
            self._window.total = last_row(self._journal).seq
            refuse_other_key(self._journal, self._key)
        taken = 0
        with closing(read_events(self._journal, self._key, after=self._head)) as events:
            for recorded in islice(events, _A_PAGE):
                self._window.take(recorded.event, recorded.seq)
                self._head = Head(recorded.seq, recorded.mac)
                taken += 1
                if self._over.is_set():
                    break
        return taken

    def _look_back(self) -> None:
        """Begin again if the journal does not hold what was read of it."""
        if head_at(self._journal, self._head.events) != self._head:
            self._head = NOTHING
            self._window.begin_again()
