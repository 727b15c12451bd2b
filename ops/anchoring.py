"""The head of a run's journal, kept outside: as the profile says while a session writes, and where a command looks for it."""

import sys
from datetime import timedelta
from pathlib import Path

from agents.desk.kept import kept_request
from agents.recorded.resumed import ResumingSink
from agents.records.folder import journal_of
from config.clock import SystemClock
from config.errors import JournalFault
from config.sections.journal import JournalSettings
from execution.journal.anchors.folder import FolderAnchors
from execution.journal.anchors.keeping import AnchorKeeper, note_taking_back
from execution.journal.anchors.marks import Agreement, agree
from execution.journal.chain import Head, Journal

RESUMED = "resumed"
"""The name of the marks of a run that was begun without any."""


class Anchoring:
    """What a session does with its journal's head. Without a folder in the profile it does nothing."""

    def __init__(self, settings: JournalSettings, resumed: Path | None) -> None:
        """`resumed`: the folder of a run that goes on. Raises UsageFault for a folder that is not there."""
        self.run = _new_name() if resumed is None else _name_of(resumed) or RESUMED
        """What tells the marks of this run from those of an equal one."""
        self._anchors = None if settings.anchor is None else FolderAnchors(Path(settings.anchor))
        self._every = timedelta(seconds=settings.anchor_every_s)

    def refuse_cut_back(self, folder: Path, key: bytes) -> None:
        """Raise JournalFault for a run whose journal does not agree with its anchors: it is not gone on with."""
        if self._anchors is not None:
            agree(journal_of(folder), key, self._anchors, self.run)

    def shortens(self, path: Path, kept: Head) -> None:
        """A resumed session takes an ending back. Raises OutputFault."""
        if self._anchors is not None:
            note_taking_back(self._anchors, path, self.run, kept, SystemClock().now())

    def keepers(self, journal: Journal | ResumingSink, path: Path) -> tuple[AnchorKeeper, ...]:
        """Who keeps the head of a journal while it is written; nobody without a folder."""
        if self._anchors is None:
            return ()
        clock = SystemClock()
        return (AnchorKeeper(self._anchors, self._every, clock, lambda: journal.opened, path, self.run, _say),)


def agreed(folder: Path, key: bytes, given: str | None) -> Agreement | None:
    """How far a run's journal agrees with its anchors in the folder `given`, or in that of its own request; None without one.

    Raises JournalFault where it does not agree, and where the place has no anchor of it; UsageFault for a place that is none.
    """
    kept = kept_request(folder)
    place = given or (None if kept is None else kept.anchor)
    if place is None:
        return None
    anchors = FolderAnchors(Path(place))
    found = agree(journal_of(folder), key, anchors, None if kept is None else kept.anchored_as)
    if found.until is None:
        raise JournalFault(
            f"{anchors.place} has no anchor of a journal that begins as that of {folder} does. Either its first event was "
            "rewritten, or its anchors were removed, or none was ever kept there. Name the right folder with --anchors."
        )
    return found


def _new_name() -> str:
    return f"{SystemClock().now():%Y%m%dT%H%M%S%fZ}"


def _name_of(folder: Path) -> str | None:
    kept = kept_request(folder)
    return None if kept is None else kept.anchored_as


def _say(text: str) -> None:
    sys.stderr.write(f"\n{text}\n")
