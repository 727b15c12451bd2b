"""A sink writes first and tells after; a listener that fails ends nothing but its own listening."""

from typing import ClassVar

import pytest

from config.errors import OutputFault
from config.frozen import Journaled
from execution.journal.event import Fanout


class Note(Journaled):
    event_kind: ClassVar[str] = "note"

    text: str


class Kept:
    """A journal in memory; `full` after so many events."""

    def __init__(self, full: int = 100) -> None:
        self.all: list[Journaled] = []
        self._full = full

    def append(self, event: Journaled) -> int:
        if len(self.all) == self._full:
            raise OutputFault("the disk is full")
        self.all.append(event)
        return len(self.all)


class Ear:
    """Keeps what it hears, with how much the journal held at that time."""

    def __init__(self, journal: Kept) -> None:
        self._journal = journal
        self.heard: list[tuple[Journaled, bool, int]] = []

    def hear(self, event: Journaled, *, past: bool) -> None:
        self.heard.append((event, past, len(self._journal.all)))


class Deaf:
    """Fails at everything."""

    def hear(self, event: Journaled, *, past: bool) -> None:
        raise ZeroDivisionError("no ear")


ONE, TWO = Note(text="one"), Note(text="two")


def test_the_journal_is_first_and_listeners_are_given_the_value_itself() -> None:
    journal = Kept()
    ear = Ear(journal)
    sink = Fanout(journal, [ear], pytest.fail)
    assert (sink.append(ONE), sink.append(TWO)) == (1, 2)
    assert ear.heard == [(ONE, False, 1), (TWO, False, 2)]
    assert ear.heard[0][0] is ONE


def test_a_listener_that_fails_is_reported_once_and_the_others_go_on_hearing() -> None:
    journal, reports = Kept(), list[str]()
    ear = Ear(journal)
    sink = Fanout(journal, [Deaf(), ear], reports.append)
    assert (sink.append(ONE), sink.append(TWO)) == (1, 2)
    assert [event for event, _, _ in ear.heard] == [ONE, TWO]
    assert reports == ["Deaf failed (ZeroDivisionError: no ear) and is told nothing more; the session goes on."]


def test_of_what_was_not_written_nobody_hears() -> None:
    journal = Kept(full=0)
    ear = Ear(journal)
    with pytest.raises(OutputFault):
        Fanout(journal, [ear], pytest.fail).append(ONE)
    assert ear.heard == []


def test_what_the_journal_held_before_is_told_as_past() -> None:
    journal = Kept()
    ear = Ear(journal)
    sink = Fanout(journal, [ear], pytest.fail, lambda: len(journal.all) < 1)
    sink.append(ONE)
    sink.append(TWO)
    assert [past for _, past, _ in ear.heard] == [True, False]
