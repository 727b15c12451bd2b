"""The store in PostgreSQL: append-only whoever asks, one writer a run, and no exit waits for a server that is silent."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgres_server import Database, Server
from sqlalchemy import create_engine

from config.errors import JournalFault, OutputFault
from config.sections.journal import database_url
from execution.journal.chain import Journal, last_row, read_rows, shorten
from execution.journal.stores.pointer import POINTER, Pointer, place_pointer, read_pointer
from execution.journal.stores.postgres.preparing import prepare
from execution.journal.stores.postgres.tables import METADATA, VERSIONS
from execution.kill_switch.halting import HaltEvent

ROOT = Path(__file__).resolve().parents[3]
KEY = b"k" * 32


def event(number: int) -> HaltEvent:
    return HaltEvent(action="flat", look=number, as_of_utc=datetime(2024, 3, 1, tzinfo=UTC))


def begun(path: Path, url: str, events: int) -> Journal:
    journal = Journal(path, KEY, 1, url)
    for number in range(events):
        journal.append(event(number))
    return journal


def looks(path: Path) -> list[int]:
    return [json.loads(row.payload)["look"] for row in read_rows(path, KEY)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / POINTER


@pytest.mark.parametrize("table", ["journal_events", "journal_parts"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET part = 7", "DELETE FROM {}", "TRUNCATE {}"])
def test_a_row_is_neither_changed_nor_removed_even_by_the_owner_of_the_tables(
    database: Database, path: Path, statement: str, table: str
) -> None:
    begun(path, database.url, 3).close()
    with database.admin() as owner, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        owner.execute(statement.format(table))
    assert looks(path) == [0, 1, 2]


def test_a_writer_with_no_more_rights_than_it_is_given_trades_and_cannot_take_the_guard_away(
    database: Database, path: Path
) -> None:
    with database.admin() as owner:
        owner.execute(f"CREATE ROLE w{database.schema} LOGIN")
        owner.execute(f"GRANT USAGE ON SCHEMA {database.schema} TO w{database.schema}")
    assert prepare(database.url, f"w{database.schema}") == ("0001", "0001")
    url = database.server.url(database.schema, user=f"w{database.schema}")
    journal = begun(path, url, 3)
    journal.close()
    shorten(path, KEY, 2)
    assert looks(path) == [0, 1]
    engine = create_engine(url)
    for statement in (
        "DELETE FROM journal_events",
        "UPDATE journal_parts SET kept = 0",
        "ALTER TABLE journal_events DISABLE TRIGGER append_only",
        f"UPDATE {VERSIONS} SET version_num = '9'",
    ):
        with engine.connect() as connection, pytest.raises(Exception, match=r"permission denied|must be owner"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_second_writer_of_a_run_is_refused_until_the_first_is_gone(database: Database, path: Path) -> None:
    first = begun(path, database.url, 2)
    with pytest.raises(OutputFault, match="another session writes this run"):
        Journal.reopen(path, KEY, 1, first.head, first.count)
    with pytest.raises(OutputFault, match="another session writes this run"):
        shorten(path, KEY, 1)
    first.close()
    second = Journal.reopen(path, KEY, 1, first.head, first.count)
    second.append(event(2))
    second.close()
    assert looks(path) == [0, 1, 2]


def test_two_runs_are_written_side_by_side_and_do_not_mix(database: Database, tmp_path: Path) -> None:
    paths = [tmp_path / name / POINTER for name in ("one", "two")]
    for place in paths:
        place.parent.mkdir()
    journals = [Journal(place, KEY, 1, database.url) for place in paths]
    for number in range(4):
        journals[number % 2].append(event(number))
    for journal in journals:
        journal.close()
    assert [looks(place) for place in paths] == [[0, 2], [1, 3]]


def test_what_is_taken_back_stays_in_the_table_beside_the_chain(database: Database, path: Path) -> None:
    journal = begun(path, database.url, 6)
    journal.close()
    for kept in (4, 2, 3):
        rows = list(read_rows(path, KEY))
        shorten(path, KEY, min(kept, len(rows)))
        kept_rows = list(read_rows(path, KEY))
        assert kept_rows == rows[:kept]
        again = Journal.reopen(path, KEY, 1, kept_rows[-1].mac, kept_rows[-1].seq)
        again.append(event(100 + kept))
        again.close()
    assert looks(path) == [0, 1, 102, 103]
    assert last_row(path) == list(read_rows(path, KEY))[-1]
    with database.admin() as owner:
        assert owner.execute("SELECT count(*) FROM journal_events").fetchone() == (9,)


def test_a_session_that_lost_its_run_to_another_writes_no_more(database: Database, path: Path) -> None:
    lost = begun(path, database.url, 3)
    with database.admin() as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'tribunal'"
        )
    shorten(path, KEY, 3)  # another session goes on with it
    with pytest.raises(OutputFault):
        lost.append(event(3))
    with pytest.raises(OutputFault, match="another session has gone on with this run"):
        lost.flush(patient=True)
    lost.abandon()
    assert looks(path) == [0, 1, 2]


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_postgres import begun, event
journal = begun(Path(sys.argv[1]), sys.argv[2], 0)
for number in range(10**6):
    print(journal.append(event(number)), flush=True)
"""


@pytest.mark.slow
def test_what_a_writer_was_told_is_durable_is_there_after_kill_9_and_it_goes_on(database: Database, path: Path) -> None:
    support = os.pathsep.join(str(ROOT / "tests" / "support" / name) for name in ("", "storage"))
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), database.url, str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), support))},
    )
    assert process.stdout is not None
    for _ in range(40):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    told = 40 + len(process.stdout.read().splitlines())
    process.wait(10)
    process.stdout.close()
    rows = list(read_rows(path, KEY))
    assert told <= len(rows) <= told + 1
    journal = reopened_when_free(path, rows[-1].mac, len(rows))
    journal.append(event(7))
    journal.close()
    assert looks(path) == [*range(len(rows)), 7]


def reopened_when_free(path: Path, head: str, count: int) -> Journal:
    """The server notices that a writer was killed within a moment."""
    for _ in range(100):
        try:
            return Journal.reopen(path, KEY, 1, head, count)
        except OutputFault:
            time.sleep(0.05)
    raise AssertionError("the lock of a dead writer is held for ever")


def test_what_was_durable_is_there_after_kill_9_of_the_server(postgres: Server, database: Database, path: Path) -> None:
    journal = begun(path, database.url, 20)
    with postgres.away():
        with pytest.raises(OutputFault):
            journal.append(event(20))
        with pytest.raises(JournalFault, match="cannot be read"):
            looks(path)
    journal.flush(patient=True)
    journal.close()
    assert looks(path) == list(range(21))


def test_a_silent_server_holds_up_no_later_try(postgres: Server, database: Database, path: Path) -> None:
    journal = begun(path, database.url, 2)
    with postgres.frozen():
        began = time.perf_counter()
        with pytest.raises(OutputFault, match=r"does not answer"):
            journal.append(event(2))
        waited_s = time.perf_counter() - began
        for _ in range(3):
            before = time.perf_counter()
            with pytest.raises(OutputFault):
                journal.flush()
            assert time.perf_counter() - before < waited_s / 2
    journal.flush(patient=True)
    journal.close()
    assert looks(path) == [0, 1, 2]


def test_without_tables_or_with_those_of_another_version_nothing_is_begun(postgres: Server, tmp_path: Path) -> None:
    url = postgres.url(postgres.new_schema())
    with pytest.raises(OutputFault, match="tribunal journal --prepare"):
        Journal(tmp_path / POINTER, KEY, 1, url)
    assert prepare(url, None) == (None, "0001")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSIONS} SET version_num = '0002'")
    engine.dispose()
    with pytest.raises(OutputFault, match="are of version 0002, and this program writes version 0001"):
        Journal(tmp_path / POINTER, KEY, 1, url)
    assert list(tmp_path.iterdir()) == []


def test_the_steps_of_alembic_make_the_tables_that_the_program_knows(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSIONS})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://ann:secret@host/db",
        "postgresql+psycopg://ann@host/db?password=secret",
        "postgresql://ann@host/db",
        "postgresql+psycopg://ann@host",
        "sqlite:///journal.db",
        "postgresql+psycopg://[::1/db",
    ],
)
def test_what_is_no_database_or_holds_a_password_is_refused_and_the_password_is_not_told(text: str) -> None:
    with pytest.raises(ValueError) as fault:
        database_url(text)
    assert "secret" not in str(fault.value)


def test_a_run_that_the_database_does_not_hold_is_told_as_that(database: Database, path: Path) -> None:
    place_pointer(path, Pointer(database.url, "11111111-2222-3333-4444-555555555555"))
    with pytest.raises(JournalFault, match="holds no run 11111111-2222-3333-4444-555555555555"):
        looks(path)


def test_the_file_that_names_the_database_is_never_written_over(database: Database, path: Path) -> None:
    begun(path, database.url, 1).close()
    before = read_pointer(path)
    with pytest.raises(OutputFault, match="never overwritten"):
        Journal(path, KEY, 1, database.url)
    assert read_pointer(path) == before
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_session_on_sqlite_loads_nothing_that_speaks_to_a_database(tmp_path: Path) -> None:
    code = (
        "import sys; from agents.run import main; main(sys.argv[1:]); "
        "print(sorted({'sqlalchemy', 'psycopg', 'alembic'} & set(sys.modules)))"
    )
    options: dict[str, Any] = {"capture_output": True, "text": True, "check": True, "cwd": ROOT, "timeout": 120}
    done = subprocess.run(
        [sys.executable, "-c", code, "--days", "1", "--out", str(tmp_path / "run"), "--quiet"], **options
    )
    assert done.stdout.splitlines()[-1] == "[]"
