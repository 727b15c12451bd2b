"""A journal moves from its file into a database as it is, or not at all; killed anywhere, it goes on when it is asked again."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faulty_server import locked
from postgres_server import Database

from config.errors import JournalFault, OutputFault, UsageFault
from execution.journal.chain import Journal, last_row, read_rows
from execution.journal.moving import move
from execution.journal.stores.pointer import MOVING, POINTER, Sealed, read_pointer
from execution.kill_switch.halting import HaltEvent

ROOT = Path(__file__).resolve().parents[3]
KEY = b"k" * 32
EVENTS = 1200


def written(folder: Path, events: int = EVENTS) -> Path:
    folder.mkdir()
    journal = Journal(folder / "journal.db", KEY, 256)
    for number in range(events):
        journal.append(HaltEvent(action="flat", look=number, as_of_utc=datetime(2024, 3, 1, tzinfo=UTC)))
    journal.close()
    return journal.path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return written(tmp_path / "run")


def names(folder: Path) -> set[str]:
    """The files of a folder, without what a process that was killed was about to write."""
    return {file.name for file in folder.iterdir() if not file.name.startswith(".")}


def test_every_event_is_there_byte_for_byte_and_the_file_is_kept(database: Database, journal: Path) -> None:
    before, raw = list(read_rows(journal, KEY)), journal.read_bytes()
    moved = move(journal, KEY, database.url, has_ended=True)
    there = journal.with_name(POINTER)
    assert list(read_rows(there, KEY)) == before
    assert last_row(there) == before[-1]
    assert read_pointer(there).sealed == Sealed(EVENTS, before[-1].mac)
    assert names(journal.parent) == {POINTER, "journal.db.moved"}
    assert moved.kept.read_bytes() == raw
    again = Journal.reopen(there, KEY, 1, before[-1].mac, EVENTS)
    again.append(HaltEvent(action="flat", look=7, as_of_utc=datetime(2024, 3, 1, tzinfo=UTC)))
    again.close()
    assert len(list(read_rows(there, KEY))) == EVENTS + 1


def test_a_run_that_the_database_holds_is_not_moved_a_second_time(database: Database, tmp_path: Path) -> None:
    first, second = written(tmp_path / "first", 5), written(tmp_path / "second", 5)
    run = move(first, KEY, database.url, has_ended=False).pointer.run
    with pytest.raises(UsageFault, match=f"already, as run {run}"):
        move(second, KEY, database.url, has_ended=False)
    assert names(second.parent) == {"journal.db"}
    with pytest.raises(UsageFault, match=r"already\. Nothing was done"):
        move(first, KEY, database.url, has_ended=False)
    other = written(tmp_path / "other", 6)
    move(other, KEY, database.url, has_ended=False)


def test_a_journal_that_does_not_verify_is_not_moved(database: Database, journal: Path) -> None:
    with pytest.raises(JournalFault):
        move(journal, KEY[::-1] + b"x", database.url, has_ended=False)
    assert names(journal.parent) == {"journal.db"}
    with database.admin() as owner:
        assert owner.execute("SELECT count(*) FROM journal_parts").fetchone() == (0,)


def test_a_journal_that_a_session_has_open_is_not_moved(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    running = Journal(folder / "journal.db", KEY, 1)
    running.append(HaltEvent(action="flat", look=1, as_of_utc=datetime(2024, 3, 1, tzinfo=UTC)))
    with pytest.raises(OutputFault, match="while somebody has it open"):
        move(running.path, KEY, database.url, has_ended=False)
    running.append(HaltEvent(action="flat", look=2, as_of_utc=datetime(2024, 3, 1, tzinfo=UTC)))
    running.close()
    assert len(list(read_rows(running.path, KEY))) == 2


def test_a_database_that_takes_nothing_leaves_the_file_as_it_was(
    database: Database, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("execution.journal.stores.postgres.taking._PATIENCE_S", 0.3)
    with locked(database), pytest.raises(OutputFault, match="cannot be moved to"):
        move(journal, KEY, database.url, has_ended=False)
    assert len(list(read_rows(journal, KEY))) == EVENTS
    with database.admin() as owner:
        assert owner.execute("SELECT count(*) FROM journal_parts").fetchone() == (0,)
    move(journal, KEY, database.url, has_ended=False)
    assert len(list(read_rows(journal.with_name(POINTER), KEY))) == EVENTS


def test_an_unfinished_move_to_one_database_does_not_bind_the_run_to_it(
    database: Database, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("execution.journal.stores.postgres.taking._PATIENCE_S", 0.3)
    with locked(database), pytest.raises(OutputFault):
        move(journal, KEY, database.url, has_ended=False)
    assert read_pointer(journal.with_name(MOVING)).url == database.url
    other = Database(database.server)
    move(journal, KEY, other.url, has_ended=False)
    assert read_pointer(journal.with_name(POINTER)).url == other.url


KILLED = """
import os, signal, sys
from pathlib import Path
from execution.journal.moving import move
left = int(sys.argv[3])
def hook(event, arguments):
    global left
    if event in ("os.rename", "os.link", "os.remove", "sqlite3.connect", "socket.connect") or (
        event == "open" and "journal" in str(arguments[0])
    ):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
from execution.journal.stores.postgres import taking
committed = taking.Taking.take
def take(self, *arguments):
    committed(self, *arguments)
    hook("os.rename", ())
taking.Taking.take = take
sys.addaudithook(hook)
move(Path(sys.argv[1]), b"k" * 32, sys.argv[2], has_ended=True)
"""
"""A move that is killed at one of its steps: at any file that it opens, renames or removes, and when the database has it all."""


def killed_at(step: int, journal: Path, url: str) -> bool:
    """Whether it was killed; otherwise it was done before that step."""
    command = [sys.executable, "-c", KILLED, str(journal), url, str(step)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.long
def test_killed_at_any_step_and_killed_again_it_is_done_when_it_is_asked_once_more(
    database: Database, tmp_path: Path
) -> None:
    whole = written(tmp_path / "whole", 30)
    rows = list(read_rows(whole, KEY))
    step = 0
    while True:
        step += 1
        each = Database(database.server)
        folder = tmp_path / f"run-{step}"
        folder.mkdir()
        journal = folder / "journal.db"
        journal.write_bytes(whole.read_bytes())
        if not killed_at(step, journal, each.url):
            break
        assert killed_at(1, journal, each.url)
        if journal.exists():
            move(journal, KEY, each.url, has_ended=True)
        with closing(read_rows(folder / POINTER, KEY)) as found:
            assert list(found) == rows
        assert names(folder) == {POINTER, "journal.db.moved"}
        assert read_pointer(folder / POINTER).sealed == Sealed(30, rows[-1].mac)
        with each.admin() as owner:
            assert owner.execute("SELECT count(*) FROM journal_events").fetchone() == (30,)
    assert step > 8
