"""A session hands its events over and does not wait; what the window could not take at once it reads out of the journal."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from kept_journals import JOURNALS, KEY
from run_support import events

from agents.records.folder import journal_of
from config.frozen import Journaled
from config.secrets import journal_key
from execution.journal.chain import Journal
from execution.journal.event import Fanout
from ops.live.following.handover import Handover
from ops.live.following.window import Window
from ops.live.state.values import Status

KEPT = JOURNALS / "models-0.6.0"
_PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture
def told() -> list[Journaled]:
    """The events of a session, in their order."""
    return [recorded.event for recorded in events(KEPT)]


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.01)


def whole(told: list[Journaled], run: str) -> Status | None:
    window = Window(run)
    for number, event in enumerate(told, 1):
        window.take(event, number)
    window.caught_up()
    return window.status()


class SlowWindow(Window):
    """A window whose thread stands still until it is let go."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.go = Event()

    def take(self, event: Journaled, number: int) -> None:
        self.go.wait(_PATIENCE_S)
        super().take(event, number)


def test_all_events_arrive_in_their_order(told: list[Journaled]) -> None:
    window = Window("r")
    with Handover(window, journal_of(KEPT), journal_key()) as handover:
        for event in told:
            handover.hear(event, past=False)
        until(lambda: window.events == len(told))
    assert handover.left_out == 0
    assert window.status() == whole(told, "r")


def test_a_window_that_stands_still_delays_nobody_and_reads_what_it_missed_in_the_journal(
    told: list[Journaled], tmp_path: Path
) -> None:
    window, path = SlowWindow("r"), tmp_path / "journal.db"
    journal = Journal(path, journal_key(), group_commit=8)
    with Handover(window, path, journal_key(), room=4) as handover:
        sink = Fanout(journal, [handover], pytest.fail)
        for event in told:
            sink.append(event)  # returns, though nothing is taken
        assert window.events == 0
        assert handover.left_out > len(told) // 2
        journal.close()
        window.go.set()
        until(lambda: window.events >= len(told) - 1)
    status = window.status()
    assert status is not None
    assert (status.missed, status.fault) == (0, "")
    assert status == whole(told, "r")


def test_what_the_journal_does_not_give_is_counted_and_the_end_is_shown_all_the_same(
    told: list[Journaled], tmp_path: Path
) -> None:
    window = SlowWindow("r")
    with Handover(window, tmp_path / "journal.db", journal_key(), room=4) as handover:
        for event in told:
            handover.hear(event, past=False)
        window.go.set()
        until(lambda: window.fault != "")
    status = window.status()
    assert status is not None
    assert status.missed > 0
    assert status.missed + 5 >= handover.left_out
    assert status.events <= len(told)


def test_a_window_that_fails_says_so_and_the_session_goes_on(told: list[Journaled]) -> None:
    class Broken(Window):
        def take(self, event: Journaled, number: int) -> None:
            raise ZeroDivisionError("broken")

    window = Broken("r")
    with Handover(window, journal_of(KEPT), journal_key(), room=2) as handover:
        for event in told:
            handover.hear(event, past=False)
        until(lambda: "ZeroDivisionError" in window.fault)
    assert "The session goes on" in window.fault
