"""From the session to its window, in one process, without a wait: the session puts each event into a queue and goes on.

The queue is bounded. When the window falls behind, events are left out and counted; the window then reads them out of the
journal, which has them all. If it fails, the session does not notice.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Self

from agents.court.case import Case
from agents.court.opinion import Evidence
from agents.records.events import read_events
from config.errors import TribunalError
from config.frozen import Frozen, Journaled
from config.silence import Abstained
from execution.journal.chain import head_at
from ops.live.following.window import Window
from ops.live.state.fold import Said
from ops.live.state.process import Process

ROOM = 4096
"""Events that may wait to be taken."""
_AGAIN_S = 0.1
"""How long the journal is given before it is asked again for events that were left out [s]."""
_LAST_S = 2.0
"""How long the end of a session waits for the window to take what is left [s]."""


class Handover:
    """A context manager around a session, and a listener to it. `journal`: where the events lie that were left out;
    `is_past`: whether a resumed run repeats what was said before."""

    def __init__(
        self, window: Window, journal: Path, key: bytes, room: int = ROOM, is_past: Callable[[], bool] = lambda: False
    ) -> None:
        self._window, self._journal, self._key = window, journal, key
        self._waiting: Queue[tuple[int, Journaled] | tuple[Case, Said]] = Queue(room)
        self._taking = Thread(target=self._work, name="window", daemon=True)
        self._over = Event()
        self._is_past = is_past
        self._heard = self._left_out = 0
        self.process = window.process = Process()
        """What the session's process tells beside its events."""

    def __enter__(self) -> Self:
        self._taking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._taking.join(_LAST_S)

    @property
    def left_out(self) -> int:
        """Events that found no room, and had to be read out of the journal."""
        return self._left_out

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: it is put into the queue, or counted where there is no room."""
        self._heard += 1
        try:
            self._waiting.put_nowait((self._heard, event))
        except Full:
            self._left_out += 1

    def overheard(self, case: Case, role: str, word: Abstained | Frozen, struck: tuple[Evidence, ...]) -> None:
        """Take what a role has said in court; left out where there is no room, since the record of the bar holds it too."""
        if not self._is_past():
            with suppress(Full):
                self._waiting.put_nowait((case, Said(role, word, struck)))

    def _work(self) -> None:
        try:
            while True:
                heard = self._heard
                try:
                    item = self._waiting.get(timeout=_AGAIN_S)
                except Empty:
                    if self._over.is_set():
                        break
                    self._catch_up(heard)  # those that found no room after the last one that did
                    self._window.caught_up()
                    continue
                if isinstance(item[0], Case):
                    self._window.overhear(*item)
                    continue
                number, event = item
                self._catch_up(number - 1)
                if number > self._window.events:
                    self._window.take(event, number)
            self._catch_up(self._heard)
            self._window.caught_up()
        except Exception as fault:  # noqa: BLE001  the boundary of the window: it stops, and the session goes on
            self._window.fail(f"The window has stopped ({type(fault).__name__}: {fault}). The session goes on.")

    def _catch_up(self, number: int) -> None:
        """Read what was left out, up to this number. What the journal does not give by the end of the session is missed."""
        while self._window.events < number:
            try:
                self._read(number)
            except TribunalError as fault:
                self._window.fail(str(fault))
            if self._window.events < number and self._over.wait(_AGAIN_S):
                self._window.miss(number)
                return

    def _read(self, number: int) -> None:
        after = head_at(self._journal, self._window.events)
        if after is None:
            return
        for recorded in read_events(self._journal, self._key, after=after):
            self._window.take(recorded.event, recorded.seq)
            if recorded.seq == number:
                return
