"""A journal is read where nothing may be written: one that was closed, and one whose run was killed with its log beside it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from config.errors import JournalFault
from config.frozen import Journaled
from execution.journal.chain import Journal, read_rows, shorten
from execution.kill_switch.halting import HaltEvent

KEY = bytes(range(32))
READ = """
import sys
from pathlib import Path
from config.errors import JournalFault
from execution.journal.chain import read_rows
try:
    print(len(list(read_rows(Path(sys.argv[1]), bytes(range(32))))))
except JournalFault as fault:
    print(fault)
"""


def some_event(look: int) -> Journaled:
    return HaltEvent(as_of_utc="2024-01-01T00:00:00Z", look=look, action="flat", halts=(), lifted=())


def read_without_rights(path: Path) -> str:
    """What a process reads that may not write where the rights say so, also if the tests run as root."""
    mighty = os.geteuid() == 0
    if mighty and shutil.which("setpriv") is None:
        pytest.skip("root may write anywhere, and there is no setpriv that takes this right away")
    weaker = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if mighty else []
    done = subprocess.run(
        [*weaker, sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout.strip()


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Path]:
    """The journal of a run that was killed: ten events, all of them in the log beside it."""
    running = tmp_path / "running"
    running.mkdir()
    journal = Journal(running / "journal.db", KEY, 1)
    for look in range(10):
        journal.append(some_event(look))
    folder = tmp_path / "killed"
    shutil.copytree(running, folder)  # as a kill leaves it: the log is not merged
    journal.close()
    yield folder / "journal.db"
    folder.chmod(0o700)


@pytest.mark.parametrize("gone", ["", "-shm"])
def test_a_killed_run_is_read_in_a_folder_that_takes_no_file(killed: Path, gone: str) -> None:
    if gone:
        killed.with_name(killed.name + gone).unlink()
    before = sorted(file.name for file in killed.parent.iterdir())
    for file in killed.parent.iterdir():
        file.chmod(0o400)
    killed.parent.chmod(0o500)
    assert read_without_rights(killed) == "10"
    assert sorted(file.name for file in killed.parent.iterdir()) == before


def test_a_journal_whose_log_was_merged_by_another_program_is_read_there_too(killed: Path) -> None:
    with closing(sqlite3.connect(killed)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert [file.name for file in killed.parent.iterdir()] == ["journal.db"]
    killed.parent.chmod(0o500)
    assert read_without_rights(killed) == "10"


def test_a_file_that_may_not_be_read_is_told_as_that_and_not_as_damaged(killed: Path) -> None:
    killed.chmod(0)
    told = read_without_rights(killed)
    assert "cannot be read (Permission denied)" in told
    assert "damaged" not in told


def test_a_journal_is_shortened_to_its_first_events_byte_for_byte_and_stays_append_only(killed: Path) -> None:
    before = list(read_rows(killed, KEY))
    shorten(killed, KEY, 4)
    assert list(read_rows(killed, KEY)) == before[:4]
    assert [file.name for file in killed.parent.iterdir()] == ["journal.db"]
    with closing(sqlite3.connect(killed)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM events WHERE seq = 4")


def test_a_forged_journal_is_not_shortened(killed: Path) -> None:
    before = killed.read_bytes()
    with pytest.raises(JournalFault):
        shorten(killed, KEY[::-1], 4)
    assert killed.read_bytes() == before
    assert [file.name for file in killed.parent.glob(".*")] == []
