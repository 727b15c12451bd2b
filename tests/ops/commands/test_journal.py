"""`tribunal journal`: what it says of a sound journal, of one that was cut back, and of a database."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from broken_off import stopped
from run_support import rows, run

from agents.records.folder import REQUEST, forget_checksum, write_checksum
from agents.replay import main as replay
from agents.run import main as go_on
from agents.show import main as show
from config.clock import SystemClock
from config.secrets import journal_key
from execution.journal.__main__ import main as journal
from execution.journal.anchors.folder import FolderAnchors
from execution.journal.anchors.marks import Mark
from execution.journal.chain import shorten

KEY = "5a" * 32
DAYS = ("--days", "4", "--set", "market.warmup_bars=200", "seed=11")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture(scope="module")
def anchored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose head was kept in the folder beside it."""
    folder = tmp_path_factory.mktemp("anchored")
    (folder / "anchors").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        assert run(folder / "run", *DAYS, f"journal.anchor={folder / 'anchors'}") == 0
    return folder / "run"


@pytest.fixture
def copy(anchored: Path, tmp_path: Path) -> Path:
    shutil.copytree(anchored, tmp_path / "run")
    return tmp_path / "run"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert journal(list(arguments)) == 4
    return capsys.readouterr().err


@pytest.mark.slow
def test_a_sound_journal_is_told_with_its_end_and_how_far_it_agrees_with_its_anchors(
    anchored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert journal([str(anchored)]) == 0
    told = capsys.readouterr().out
    last = rows(anchored)[-1]
    assert f"run: {last.seq:,} events verify, in journal.db. The last MAC is {last.mac}." in told
    assert f"up to event {last.seq:,} of " in told
    assert "No end is noted" not in told
    assert replay([str(anchored), "--quiet"]) == 0
    assert f"up to event {last.seq:,} of " in capsys.readouterr().out
    assert replay([str(anchored), "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["anchored"]["until"]["mac"] == last.mac


@pytest.mark.slow
def test_an_end_that_was_cut_off_with_its_checksum_is_found_by_the_anchors_and_not_gone_on_with(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = rows(copy)[-1].seq
    shorten(copy / "journal.db", journal_key(), last - 3)
    forget_checksum(copy)
    wanted = f"was cut back: it ends with event {last - 3}, and"
    assert wanted in refused(capsys, str(copy))
    assert replay([str(copy), "--quiet"]) == 4
    assert wanted in capsys.readouterr().err
    assert go_on(["--resume", str(copy), "--quiet"]) == 4
    assert wanted in capsys.readouterr().err
    assert rows(copy)[-1].seq == last - 3


def test_anchors_of_another_journal_are_no_anchors_of_this_one(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert "has no anchor of a journal that begins as" in refused(
        capsys, str(copy), "--anchors", str(tmp_path / "empty")
    )
    assert journal([str(copy), "--anchors", str(tmp_path / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_and_its_anchors_know_what_it_took_back(
    anchored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stopped(anchored, tmp_path / "stopped", 40)
    request = json.loads((folder / REQUEST).read_bytes())
    marks = next((anchored.parent / "anchors").glob("*.jsonl"))
    assert marks.name.endswith(f"-{request['anchored_as']}.anchors.jsonl")
    (folder / REQUEST).write_text(json.dumps(request | {"anchored_as": "another"}))  # an equal run, and no copy of it
    beginning, last = marks.name.partition("-")[0], rows(folder)[-1]
    FolderAnchors(marks.parent).keep(f"{beginning}-another", Mark(last.seq, last.mac, SystemClock().now()))
    assert go_on(["--resume", str(folder), "--quiet"]) == 0
    capsys.readouterr()
    assert journal([str(folder)]) == 0
    assert "took an ending back 1 time" in capsys.readouterr().out
    assert rows(folder)[-1].mac == rows(anchored)[-1].mac


@pytest.mark.slow
def test_a_run_without_anchors_is_told_as_that_and_one_without_an_end_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", "--days", "2") == 0
    shorten(tmp_path / "run" / "journal.db", journal_key(), 20)
    forget_checksum(tmp_path / "run")
    capsys.readouterr()
    assert journal([str(tmp_path / "run")]) == 0
    told = capsys.readouterr().out
    assert "20 events verify" in told
    assert "No end is noted" in told
    assert "Its head was not kept outside" in told


def test_a_folder_that_is_not_mounted_ends_it_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", *DAYS, f"journal.anchor={tmp_path / 'nowhere'}") == 2
    assert "is no folder" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_run_in_a_database_is_the_run_in_a_file_for_every_command(
    anchored: Path, tmp_path: Path, database: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there"
    assert run(there, *DAYS, f"journal.url={database.url}") == 0
    assert [row.mac for row in rows(there)] == [row.mac for row in rows(anchored)]
    assert "journal.db" not in {file.name for file in there.iterdir()}
    assert replay([str(there), "--quiet"]) == 0
    assert show([str(there), "--export", str(tmp_path / "tables")]) == 0
    for name in ("trades.csv", "orders.csv", "equity.csv", "decisions.jsonl"):
        assert (tmp_path / "tables" / name).read_bytes() == (anchored / name).read_bytes()
        assert (there / name).read_bytes() == (anchored / name).read_bytes()
    capsys.readouterr()
    assert journal([str(there)]) == 0
    assert "postgresql+psycopg://tribunal@/postgres, run " in capsys.readouterr().out


@pytest.mark.slow
def test_a_moved_run_keeps_its_noted_end_and_its_anchors(
    copy: Path, database: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert journal([str(copy), "--to", database.url]) == 0
    assert "All of them verify there" in capsys.readouterr().out
    assert {"journal.json", "journal.db.moved"} <= {file.name for file in copy.iterdir()}
    assert not (copy / "journal.sha256").exists()
    assert journal([str(copy)]) == 0
    told = capsys.readouterr().out
    assert "No end is noted" not in told
    assert "which is its last" in told
    assert replay([str(copy), "--quiet"]) == 0
    assert journal([str(copy), "--to", database.url]) == 2


def test_a_file_that_was_changed_after_its_end_is_not_moved(
    copy: Path, database: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(copy / "journal.db")) as connection:
        connection.execute("PRAGMA user_version = 7")
        connection.commit()
    assert journal([str(copy), "--to", database.url]) == 4
    assert "was not moved" in capsys.readouterr().err
    write_checksum(copy)
    assert journal([str(copy), "--to", database.url]) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Give the folder of a run, or --prepare"),
        (["RUN", "--prepare", "postgresql+psycopg://a@h/d"], "Give the folder of a run, or --prepare"),
        (["RUN", "--writer", "ann"], "--writer belongs to --prepare"),
        (["--prepare", "postgresql+psycopg://a:secret@h/d"], "holds a password"),
        (["--prepare", "mysql://a@h/d"], "is no database that a journal can lie in"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert journal(arguments) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "secret" not in err


def test_a_server_that_is_not_there_is_told_and_nothing_is_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    url = f"postgresql+psycopg://ann@/db?host={tmp_path}"
    assert journal(["--prepare", url]) == 5
    assert "cannot be made" in capsys.readouterr().err
    assert run(tmp_path / "run", *DAYS, f"journal.url={url}") == 5
    err = capsys.readouterr().err
    assert "The journal cannot be begun in postgresql+psycopg://ann@/db" in err
    assert "Traceback" not in err
    assert not (tmp_path / "run").exists()
