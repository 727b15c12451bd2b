"""A listener that keeps the head of the journal outside, at an interval, while a session writes it.

Only what is durable is kept, so that a journal that was killed never ends before its anchors. The place may be far away: it is
written in a thread, and a slow one holds up nothing. If it cannot be written, the user is told once, and the session goes on.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from config.clock import Clock
from config.errors import OutputFault, TribunalError
from config.frozen import Journaled
from execution.journal.anchors.marks import Anchors, Mark, Said, anchored_name
from execution.journal.chain import Head, Journal

_AT_THE_END_S = 5.0


def note_taking_back(anchors: Anchors, path: Path, run: str, kept: Head, now: datetime) -> None:
    """Note that a resumed session goes on after `kept` and takes back what stood after it. Raises OutputFault.

    It is noted before it is done: a journal without its ending that no mark explains would look like one that was cut back.
    """
    try:
        anchors.keep(anchored_name(path, run), Mark(*kept, now, Said.TAKEN_BACK))
    except OSError as fault:
        raise OutputFault(
            f"The ending of {path.parent} cannot be taken back while {anchors.place}, which keeps the journal's head, cannot be "
            f"written ({fault.strerror}). The journal is unchanged. Mend the place, then resume the run again."
        ) from fault


class AnchorKeeper:
    """Keeps marks of one session's journal. `run`: as in `anchored_name`. `opened` gives the journal that is written, None before
    the first new event."""

    def __init__(
        self,
        anchors: Anchors,
        every: timedelta,
        clock: Clock,
        opened: Callable[[], Journal | None],
        path: Path,
        run: str,
        tell: Callable[[str], None],
    ) -> None:
        self._anchors, self._every, self._clock = anchors, every, clock
        self._opened, self._path, self._run, self._tell = opened, path, run, tell
        self._name: str | None = None
        self._last: Head | None = None
        self._due: datetime | None = None
        self._thread: Thread | None = None
        self._failing = False

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Keep the head if it is time. An event of the past says nothing new."""
        now = self._clock.now()
        if past or (self._due is not None and now < self._due):
            return
        if self._mark(now):
            self._due = now + self._every

    def finish(self) -> None:
        """Keep the head of a journal that was closed; a place that does not answer is not waited for long."""
        self._wait()
        if self._mark(self._clock.now()):
            self._wait()
        if self._thread is not None and self._thread.is_alive():
            self._trouble("it does not answer")

    def _mark(self, now: datetime) -> bool:
        """Begin to keep the head. False if nothing is durable yet."""
        journal = self._opened()
        if journal is None or not journal.durable.events:
            return False
        if self._thread is not None and self._thread.is_alive():
            self._trouble("it does not answer")
        elif journal.durable != self._last:
            self._thread = Thread(target=self._keep, args=(journal.durable, now), daemon=True)
            self._thread.start()
        return True

    def _keep(self, head: Head, now: datetime) -> None:
        try:
            if self._name is None:
                self._name = anchored_name(self._path, self._run)
            self._anchors.keep(self._name, Mark(*head, now))
        except (OSError, ValueError, TribunalError) as fault:
            self._trouble(getattr(fault, "strerror", None) or str(fault))
        else:
            self._last, self._failing = head, False

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join(_AT_THE_END_S)

    def _trouble(self, why: str) -> None:
        if not self._failing:
            self._tell(
                f"WARNING {self._clock.now():%Y-%m-%d %H:%M} UTC: The journal's head cannot be kept in {self._anchors.place} "
                f"({why}). The session goes on; until that is mended, nobody outside can say where its journal ended."
            )
        self._failing = True
