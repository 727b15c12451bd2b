"""A session's journal whose disk fails at one of its events, and is mended at a later one."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agents.recorded.resumed import ResumingSink
from config.frozen import Journaled
from execution.journal.chain import Journal
from execution.journal.lasting import LastingJournal

Says = Callable[[Journaled], bool]


class Storm:
    """`begins` and `ends` say at which event, before it is written. `meanwhile`: the events that the disk refused."""

    def __init__(self, fault: Callable[[Path], AbstractContextManager[None]], begins: Says, ends: Says) -> None:
        self._fault, self._begins, self._ends = fault, begins, ends
        self._held = ExitStack()
        self._time = datetime(2024, 3, 1, tzinfo=UTC)
        self.meanwhile: list[Journaled] = []
        self.told: list[str] = []
        self.state = "calm"

    def over(self, journal: Journal | ResumingSink, path: Path, folder: Path) -> LastingJournal:
        self._path = path
        self.lasting = LastingJournal(journal, path, folder, self, self.told.append)
        return self.lasting

    def now(self) -> datetime:
        """The time, which passes when the storm is over: a database may need a second try."""
        if self.state == "over":
            self._time += timedelta(minutes=1)
        return self._time

    def append(self, event: Journaled) -> int:
        if self.state == "calm" and self._begins(event):
            self._held.enter_context(self._fault(self._path))
            self.state = "storm"
        elif self.state == "storm" and self._ends(event):
            self.pass_by()
        if self.state == "storm":
            self.meanwhile.append(event)
        return self.lasting.append(event)

    def pass_by(self) -> None:
        """The disk is mended, and it is time to try it."""
        self._held.close()
        self.state, self._time = "over", self._time + timedelta(minutes=5)
