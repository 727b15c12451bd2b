"""A journal that another process writes is read, read on as it grows, and read again when its ending was taken back."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kept_journals import JOURNALS, KEY
from run_support import events

from agents.records.folder import journal_of
from agents.records.registry import Recorded
from config.frozen import Journaled
from config.secrets import journal_key
from execution.journal.chain import Journal, shorten
from execution.journal.rows import key_id
from ops.live.following.tail import UNWRITTEN, Tail
from ops.live.following.window import Window

KEPT = JOURNALS / "rules-0.6.0"
_PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture
def told() -> list[Recorded]:
    return events(KEPT)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.01)


def following(path: Path) -> tuple[Window, Tail]:
    window = Window("r")
    return window, Tail(window, path, journal_key(), every_s=0.01)


def test_a_finished_run_is_read_to_its_end_and_its_folder_stays_as_it_was(told: list[Recorded]) -> None:
    before = {file: file.read_bytes() for file in KEPT.iterdir()}
    window, tail = following(journal_of(KEPT))
    with tail:
        until(lambda: not window.is_reading)
    status = window.status()
    assert status is not None
    assert (status.phase, status.events, status.fault) == ("completed", len(told), "")
    assert window.total == len(told)
    assert {file: file.read_bytes() for file in KEPT.iterdir()} == before


def test_what_is_written_meanwhile_is_taken_too(told: list[Recorded], tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path, journal_key(), group_commit=1)
    half = len(told) // 2
    for recorded in told[:half]:
        journal.append(recorded.event)
    window, tail = following(path)
    with tail:
        until(lambda: window.events == half and not window.is_reading)
        status = window.status()
        assert status is not None
        assert status.phase == "running"
        for recorded in told[half:]:
            journal.append(recorded.event)
        until(lambda: window.events == len(told))
        journal.close()
    status = window.status()
    assert status is not None
    assert status.phase == "completed"


def test_a_session_that_has_committed_nothing_is_waited_for_in_words(told: list[Recorded], tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path, journal_key(), group_commit=10_000)
    journal.append(told[0].event)
    window, tail = following(path)
    with tail:
        until(lambda: window.fault == UNWRITTEN)
        assert window.status() is None
        journal.flush()
        until(lambda: window.status() is not None and not window.fault)
    journal.close()


def test_a_journal_of_another_key_is_told_as_that_when_its_first_events_come(
    told: list[Recorded], tmp_path: Path
) -> None:
    path = tmp_path / "journal.db"
    other = b"another key"
    journal = Journal(path, other, group_commit=10_000)
    journal.append(told[0].event.model_copy(update={"key_id": key_id(other)}))
    window, tail = following(path)
    with tail:
        until(lambda: window.fault == UNWRITTEN)
        journal.flush()
        until(lambda: window.fault != UNWRITTEN)
        assert "does not fit the chain" not in window.fault
        assert "another key" in window.fault
    assert window.status() is None
    journal.close()


def test_an_ending_that_a_resumed_run_took_back_is_forgotten(told: list[Recorded], tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    _write(path, [recorded.event for recorded in told])
    window, tail = following(path)
    tail.ended_every_s = 0.01
    with tail:
        until(lambda: window.events == len(told))
        shorten(path, journal_key(), len(told) - 3)
        until(lambda: window.events == len(told) - 3)
    status = window.status()
    assert status is not None
    assert status.phase == "running"


def test_a_journal_that_was_changed_is_told_and_not_believed(told: list[Recorded], tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    _write(path, [recorded.event for recorded in told])
    raw = path.read_bytes()
    at = raw.index(b'"conviction":0.') + len(b'"conviction":0.')
    path.write_bytes(raw[:at] + (b"1" if raw[at : at + 1] != b"1" else b"2") + raw[at + 1 :])
    window, tail = following(path)
    with tail:
        until(lambda: window.fault != "")
    assert "does not fit the chain" in window.fault
    assert window.events < len(told)


def _write(path: Path, told: list[Journaled]) -> None:
    journal = Journal(path, journal_key(), group_commit=64)
    for event in told:
        journal.append(event)
    journal.close()
