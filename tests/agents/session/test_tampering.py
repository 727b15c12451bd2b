"""A journal that was touched is not believed, and the touch is named."""

import random
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from run_support import rows, run
from sqlalchemy import create_engine

from agents.records.folder import forget_checksum, journal_of
from agents.records.record import CycleRecord, Session
from agents.replay import main as replay
from config.secrets import journal_key
from execution.journal.__main__ import main as journal
from execution.journal.rows import link
from execution.journal.stores.pointer import POINTER, Pointer, read_pointer


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    assert run(folder / "run", "--days", "3") == 0
    patch.undo()
    return folder


@pytest.fixture
def in_file(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run to be touched, with the right key at hand."""
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(original / "state"))
    shutil.copytree(original / "run", tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(params=["sqlite", "postgres"])
def copy(request: pytest.FixtureRequest, in_file: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The same on each store."""
    if request.param == "postgres":
        assert journal([str(in_file), "--to", request.getfixturevalue("database").url]) == 0
        capsys.readouterr()
    return in_file


def change(run_folder: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """What somebody with a database tool and no key could do."""
    pointer = run_folder / POINTER
    if pointer.exists():
        _change_there(read_pointer(pointer), statements)
        return
    connection = sqlite3.connect(run_folder / "journal.db")
    connection.executescript("DROP TRIGGER no_update; DROP TRIGGER no_delete;")
    for statement, values in statements:
        connection.execute(statement, values)
    connection.commit()
    connection.close()


def _change_there(pointer: Pointer, statements: Sequence[tuple[str, tuple[object, ...]]]) -> None:
    engine = create_engine(pointer.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE journal_events DISABLE TRIGGER append_only")
        for statement, values in statements:
            there = statement.replace("?", "%s").replace("events VALUES (", f"events VALUES ('{pointer.run}', 0, ")
            connection.exec_driver_sql(there.replace(" events ", " journal_events "), values)
    engine.dispose()


def refused(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert replay([str(run_folder), "--quiet"]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.slow
def test_the_untouched_copy_is_believed(copy: Path) -> None:
    assert replay([str(copy), "--quiet"]) == 0


@pytest.mark.slow
def test_an_edited_event_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bar = next(row for row in rows(copy)[8:] if row.kind == CycleRecord.written_kind())
    forged = bar.payload.replace(b'"bar":', b'"BAR":')
    change(copy, ("UPDATE events SET payload = ? WHERE seq = ?", (forged, bar.seq)))
    assert f"Event {bar.seq} ({CycleRecord.written_kind()})" in refused(copy, capsys)


def test_a_deleted_event_is_missed(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(copy, ("DELETE FROM events WHERE seq = 12", ()))
    assert f"Event 12 of {journal_of(copy).name} is missing" in refused(copy, capsys)


def test_a_renamed_event_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(copy, ("UPDATE events SET kind = 'venue' WHERE seq = 5", ()))
    assert "Event 5" in refused(copy, capsys)


def test_a_chain_rewritten_without_the_key_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    previous, rewritten = "0" * 64, []
    for event in rows(copy):
        previous = link(b"not the key" * 3, previous, event.seq, event.kind, event.payload)
        rewritten.append(("UPDATE events SET mac = ? WHERE seq = ?", (previous, event.seq)))
    change(copy, *rewritten)
    assert f"Event 1 ({Session.written_kind()})" in refused(copy, capsys)


def test_a_cut_tail_is_told_apart_from_a_whole_run(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = len(rows(copy))
    change(copy, ("DELETE FROM events WHERE seq > ?", (last - 3,)))
    assert replay([str(copy), "--quiet"]) == 4
    assert "cut off" in capsys.readouterr().err


def test_a_cut_tail_is_noticed_without_the_checksum_too(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forget_checksum(copy)
    change(copy, ("DELETE FROM events WHERE seq > ?", (len(rows(copy)) - 3,)))
    assert replay([str(copy), "--quiet"]) == 9
    assert "no closing event" in capsys.readouterr().out


def test_an_event_after_the_end_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forget_checksum(copy)
    last = rows(copy)[-1]
    change(copy, ("INSERT INTO events VALUES (?, 'venue', ?, ?)", (last.seq + 1, b"{}", "0" * 64)))
    assert f"Event {last.seq + 1}" in refused(copy, capsys)


def test_the_triggers_refuse_what_an_honest_tool_would_try(in_file: Path) -> None:
    connection = sqlite3.connect(in_file / "journal.db")
    for statement in ("UPDATE events SET kind = 'x'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


@pytest.mark.slow
def test_any_changed_byte_of_the_file_is_detected(in_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = in_file / "journal.db"
    sound = path.read_bytes()
    chance = random.Random(5)
    for _ in range(40):
        forged = bytearray(sound)
        forged[chance.randrange(len(forged))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(forged))
        assert "Traceback" not in refused(in_file, capsys)


def test_another_key_is_told_apart_from_a_forgery(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = journal_key().hex()
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "ab" * 32)
    assert mine != "ab" * 32
    assert "another key" in refused(copy, capsys)


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\x00" + b"\x00" * 200])
def test_what_is_no_journal_gets_a_sentence(copy: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    journal_of(copy).write_bytes(content)
    assert journal_of(copy).name in refused(copy, capsys)


def test_no_run_at_all_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no journal" in refused(tmp_path / "nowhere", capsys)
