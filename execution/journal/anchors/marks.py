"""Marks of a journal's head in a place outside, and whether a journal still agrees with them.

The chain shows that nothing in a journal was changed without its key. It does not show that its end was not cut off, nor what
somebody did who has the key. A mark does: event N had this MAC at this time. It proves by where it lies, so the place should be
one that whoever writes the journal cannot write over: another machine, or a folder whose files can only be appended to. It
refuses to judge what happened after the last mark.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from config.errors import JournalFault
from execution.journal.chain import first_row, read_rows
from execution.journal.rows import Row


class Said(StrEnum):
    """What a mark says of an event."""

    HEAD = "head"
    """The journal ended with it."""
    TAKEN_BACK = "taken_back"
    """A resumed session went on after it: marks of later events hold no more."""


class Mark(NamedTuple):
    """What was so at a time: the number of an event, and its MAC."""

    seq: int
    mac: str
    at_utc: datetime
    said: Said = Said.HEAD


class Anchors(Protocol):
    """A place outside that keeps marks for ever. `journal`: the name of a run's journal, as `anchored_name` gives it."""

    @property
    def place(self) -> str:
        """The place as a message names it."""
        ...

    def keep(self, journal: str, mark: Mark) -> None:
        """Add a mark after those that are there, durably. Raises OSError."""
        ...

    def kept(self, journal: str) -> Sequence[Mark]:
        """The marks of a journal in their order; none if there are none. Raises OSError, ValueError."""
        ...

    def known(self, beginning: str) -> Sequence[str]:
        """The names of journals that begin so and have marks. Raises OSError."""
        ...


class Agreement(NamedTuple):
    """A journal that agrees with its marks. `until`: the last mark that holds; None if there are none."""

    events: int
    marks: int
    until: Mark | None
    taken_back: tuple[Mark, ...]

    def words(self) -> str:
        """How far it agrees, in a sentence or two."""
        times = len(self.taken_back)
        back = f" A resumed session took an ending back {times} time{'s' * (times > 1)}." if times else ""
        if self.until is None:
            return f"No anchor of it holds.{back}"
        after = self.events - self.until.seq
        rest = f"; of the {after:,} events after it nobody outside knows" if after else ", which is its last"
        many = f"{self.marks} anchor{'s' * (self.marks > 1)}"
        return f"It agrees with its {many}, up to event {self.until.seq:,} of {_time(self.until)}{rest}.{back}"

    def part(self) -> dict[str, object]:
        """The same for programs."""
        at = None if self.until is None else {**self.until._asdict(), "at_utc": self.until.at_utc.isoformat()}
        return {"anchors": self.marks, "until": at, "taken_back": len(self.taken_back)}


def anchored_name(journal: Path, run: str) -> str:
    """The name under which a journal's marks are kept: the beginning of its first MAC, which equal runs share, and `run`, which
    they do not. Raises JournalFault."""
    return f"{first_row(journal).mac[:24]}-{run}"


def agree(journal: Path, key: bytes, anchors: Anchors, run: str | None) -> Agreement:
    """Verify a journal, and hold it against its marks. `run`: as in `anchored_name`; None if nobody knows any more, and then it
    need only agree with one of all that begin alike.

    Raises JournalFault for a journal that does not verify, that ends before a mark, or that is another one at a mark.
    """
    try:
        names = [anchored_name(journal, run)] if run is not None else anchors.known(anchored_name(journal, ""))
        candidates = [marks for name in names if (marks := anchors.kept(name))]
    except (OSError, ValueError) as fault:
        raise JournalFault(
            f"The anchors in {anchors.place} cannot be read ({fault}). The journal was not held against them. Mend the place, or "
            "leave it out."
        ) from fault
    refusal = None
    for marks in candidates or [()]:
        try:
            with closing(read_rows(journal, key)) as rows:
                return agreement(journal.parent, marks, rows, anchors.place)
        except JournalFault as fault:
            refusal = fault
    assert refusal is not None
    raise refusal


def agreement(run: Path, marks: Sequence[Mark], rows: Iterable[Row], place: str) -> Agreement:
    """As `agree`, of rows that are verified as they come."""
    holding, taken_back = _holding(marks)
    events, until = 0, None
    for row in rows:
        events = row.seq
        mark = holding.get(row.seq)
        if mark is None:
            continue
        if mark.mac != row.mac:
            raise JournalFault(
                f"The journal of {run} was rewritten by somebody who has its key: its event {row.seq} is not the one that "
                f"{place} knows of {_time(mark)}. {_good(until)} Restore it from a copy."
            )
        until = mark
    beyond = [mark for seq, mark in holding.items() if seq > events]
    if beyond:
        raise JournalFault(
            f"The journal of {run} was cut back: it ends with event {events}, and {place} knows event {beyond[-1].seq} of "
            f"{_time(beyond[-1])}. What is left verifies. {_good(until)} Restore it from a copy."
        )
    return Agreement(events, len(holding), until, taken_back)


def _holding(marks: Sequence[Mark]) -> tuple[dict[int, Mark], tuple[Mark, ...]]:
    """The marks that hold, by event in their order, and those that took others back."""
    holding: dict[int, Mark] = {}
    taken_back: list[Mark] = []
    for mark in marks:
        if mark.said is Said.TAKEN_BACK:
            holding = {seq: each for seq, each in holding.items() if seq <= mark.seq}
            taken_back.append(mark)
        if mark.seq:
            holding.setdefault(mark.seq, mark)
    return dict(sorted(holding.items())), tuple(taken_back)


def _time(mark: Mark) -> str:
    return f"{mark.at_utc:%Y-%m-%d %H:%M:%S} UTC"


def _good(until: Mark | None) -> str:
    if until is None:
        return "It agrees with no anchor."
    return f"It agrees with its anchors up to event {until.seq} ({_time(until)})."
