"""Backups: what is kept of runs, and that it becomes the same runs again, on another machine."""

import json
import shutil
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from kept_journals import JOURNALS, KEY

from agents.replay import main as replay
from agents.run import main as run
from config.secrets import KEY_FILE
from execution.journal.chain import read_rows
from execution.journal.moving import move
from execution.journal.stores.sqlite import SqliteStore
from ops.backup import main as backup
from ops.backups.manifest import MANIFEST, is_inside

KEPT = JOURNALS / "rules-0.7.0"
SEALING = bytes.fromhex(KEY)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with the key of the kept journals, something to keep, and something that can be made again."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / KEY_FILE).write_bytes(SEALING)
    (folder / KEY_FILE).chmod(0o600)
    (folder / "servers.json").write_text("{}")
    (folder / "cache").mkdir()
    (folder / "cache" / "docket").write_text("large")
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(folder))
    return folder


def kept_run(place: Path) -> Path:
    """A finished run of version 0.7.0."""
    shutil.copytree(KEPT, place)
    return place


def kept(folder: Path) -> Path:
    (file,) = folder.glob("tribunal-*.tar.gz")
    return file


def changed(archive: Path, into: Path, member: str, content: bytes | None) -> Path:
    """The archive with other content in one of its files, or without it."""
    with tarfile.open(archive) as old, tarfile.open(into, "w:gz") as new:
        for found in old.getmembers():
            stream = old.extractfile(found)
            assert stream is not None
            told = stream.read()
            if found.name == member:
                if content is None:
                    continue
                told = content
            entry = tarfile.TarInfo(found.name)
            entry.size = len(told)
            new.addfile(entry, BytesIO(told))
    return into


def test_a_finished_run_is_restored_byte_for_byte_on_another_machine_and_replays(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept_run(tmp_path / "run")
    assert backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--quiet"]) == 0
    shutil.rmtree(state)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "other"))
    assert backup(["--restore", str(kept(tmp_path / "usb")), "--to", str(tmp_path / "back"), "--quiet"]) == 0
    back = tmp_path / "back" / "runs" / "run"
    for file in ("journal.db", "journal.sha256"):
        assert (back / file).read_bytes() == (KEPT / file).read_bytes()
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "back" / "state"))
    assert replay([str(back), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "every journal verifies" in told
    assert "identical" in told


def test_the_file_is_private_and_so_is_the_key_in_it_and_the_cache_is_left_out(state: Path, tmp_path: Path) -> None:
    kept_run(tmp_path / "run")
    backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--quiet"])
    assert kept(tmp_path / "usb").stat().st_mode & 0o077 == 0
    backup(["--restore", str(kept(tmp_path / "usb")), "--to", str(tmp_path / "back"), "--quiet"])
    back = tmp_path / "back" / "state"
    assert back.stat().st_mode & 0o077 == 0
    assert (back / KEY_FILE).stat().st_mode & 0o077 == 0
    assert {file.name for file in back.iterdir()} == {KEY_FILE, "servers.json"}


def test_a_run_that_is_under_way_is_kept_up_to_its_last_event_and_can_be_written_meanwhile(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(read_rows(KEPT / "journal.db", SEALING))
    (tmp_path / "run").mkdir()
    store = SqliteStore.begin(tmp_path / "run" / "journal.db")
    store.write(rows[:40])  # in the write-ahead log, and not in the file
    assert backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["events"], each["mac"], each["has_ended"]) for each in told["runs"]] == [(40, rows[39].mac, False)]
    store.write(rows[40:])
    store.close()
    assert backup(["--restore", str(kept(tmp_path / "usb")), "--to", str(tmp_path / "back"), "--quiet"]) == 0
    assert list(read_rows(tmp_path / "back" / "runs" / "run" / "journal.db", SEALING)) == rows[:40]


@pytest.mark.slow
def test_a_session_that_was_cut_short_is_resumed_from_its_backup_and_ends_as_it_would_have(
    state: Path, tmp_path: Path
) -> None:
    options = ["--days", "3", "--symbols", "BTC/USDT", "--set", "market.warmup_bars=200", "--seed", "11", "--quiet"]
    assert run([*options, "--out", str(tmp_path / "whole")]) == 0
    whole = list(read_rows(tmp_path / "whole" / "journal.db", SEALING))
    (tmp_path / "cut").mkdir()
    store = SqliteStore.begin(tmp_path / "cut" / "journal.db")
    store.write(whole[: len(whole) // 2])
    store.close()
    shutil.copy(tmp_path / "whole" / "request.json", tmp_path / "cut")
    backup([str(tmp_path / "cut"), "--to", str(tmp_path / "usb"), "--quiet"])
    backup(["--restore", str(kept(tmp_path / "usb")), "--to", str(tmp_path / "back"), "--quiet"])
    assert run(["--resume", str(tmp_path / "back" / "runs" / "cut"), "--quiet"]) == 0
    assert list(read_rows(tmp_path / "back" / "runs" / "cut" / "journal.db", SEALING)) == whole


@pytest.mark.slow
def test_a_journal_in_a_database_is_kept_as_a_file_that_verifies_and_replays(
    database: Any, state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept_run(tmp_path / "run")
    move(tmp_path / "run" / "journal.db", SEALING, database.url, has_ended=True)
    (tmp_path / "run" / "journal.sha256").unlink()
    assert backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--json", "--quiet"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["runs"]
    assert one["has_ended"] is True
    assert one["database"] in database.url
    backup(["--restore", str(kept(tmp_path / "usb")), "--to", str(tmp_path / "back"), "--quiet"])
    assert replay([str(tmp_path / "back" / "runs" / "run"), "--quiet"]) == 0


def test_without_the_key_it_is_restored_where_the_key_is_and_refused_where_another_one_is(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept_run(tmp_path / "run")
    backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--without-key", "--quiet"])
    file = str(kept(tmp_path / "usb"))
    assert "without the key nothing of it can be verified" in capsys.readouterr().out
    assert backup(["--restore", file, "--to", str(tmp_path / "back"), "--quiet"]) == 0
    assert not (tmp_path / "back" / "state" / KEY_FILE).exists()
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)
    assert backup(["--restore", file, "--to", str(tmp_path / "elsewhere"), "--quiet"]) == 4
    assert "TRIBUNAL_JOURNAL_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"other bytes", None], ids=["changed", "missing"])
@pytest.mark.parametrize("member", ["runs/run/journal.db", "state/servers.json"])
def test_a_file_that_is_not_what_was_kept_restores_nothing(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], member: str, content: bytes | None
) -> None:
    kept_run(tmp_path / "run")
    backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--quiet"])
    bad = changed(kept(tmp_path / "usb"), tmp_path / "bad.tar.gz", member, content)
    assert backup(["--restore", str(bad), "--to", str(tmp_path / "back"), "--quiet"]) == 4
    assert member in capsys.readouterr().err
    assert [file for file in (tmp_path / "back").rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("size", [0, 100, 3000])
def test_an_archive_that_was_cut_restores_nothing(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], size: int
) -> None:
    kept_run(tmp_path / "run")
    backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--quiet"])
    (cut := tmp_path / "cut.tar.gz").write_bytes(kept(tmp_path / "usb").read_bytes()[:size])
    assert backup(["--restore", str(cut), "--to", str(tmp_path / "back"), "--quiet"]) == 4
    assert "Nothing was restored" in capsys.readouterr().err
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize(
    "path", ["../evil", "runs/../../evil", "/etc/evil", "runs/x\\..\\evil", "C:/evil", "evil", "runs"]
)
def test_a_place_outside_the_folder_is_refused(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    assert not is_inside(path)
    kept_run(tmp_path / "run")
    backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--quiet"])
    with tarfile.open(kept(tmp_path / "usb")) as tar:
        stream = tar.extractfile(MANIFEST)
        assert stream is not None
        manifest = json.loads(stream.read())
    manifest["files"].append({"path": path, "size": 1, "sha256": "0" * 64})
    bad = changed(kept(tmp_path / "usb"), tmp_path / "bad.tar.gz", MANIFEST, json.dumps(manifest).encode())
    assert backup(["--restore", str(bad), "--to", str(tmp_path / "back"), "--quiet"]) == 4
    assert "outside" in capsys.readouterr().err
    assert not (tmp_path / "back").exists()


def test_a_journal_that_was_changed_is_not_kept(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_folder = kept_run(tmp_path / "run")
    content = bytearray((run_folder / "journal.db").read_bytes())
    content[-1] ^= 1
    (run_folder / "journal.db").write_bytes(content)
    assert backup([str(run_folder), "--to", str(tmp_path / "usb"), "--quiet"]) == 4
    assert "earlier backup" in capsys.readouterr().err
    assert list((tmp_path / "usb").iterdir()) == []


def test_a_run_that_has_written_nothing_yet_is_told_to_wait(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    SqliteStore.begin(tmp_path / "run" / "journal.db").close()
    assert backup([str(tmp_path / "run"), "--to", str(tmp_path / "usb"), "--quiet"]) == 2
    assert "try again in a while" in capsys.readouterr().err


def test_the_newest_backups_stay_and_other_files_of_the_folder_are_left_alone(state: Path, tmp_path: Path) -> None:
    kept_run(tmp_path / "run")
    (usb := tmp_path / "usb").mkdir()
    for day in range(10, 15):
        (usb / f"tribunal-202401{day}T000000Z.tar.gz").write_bytes(b"old")
    (usb / "holiday.jpg").write_bytes(b"mine")
    assert backup([str(tmp_path / "run"), "--to", str(usb), "--keep", "3", "--quiet"]) == 0
    left = sorted(file.name for file in usb.iterdir())
    assert left[:3] == ["holiday.jpg", "tribunal-20240113T000000Z.tar.gz", "tribunal-20240114T000000Z.tar.gz"]
    assert len(left) == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "x"], "Name the runs"),
        (["nowhere", "--to", "x"], "is no run"),
        (["run", "--to", "x", "--keep", "0"], "above zero"),
        (["--restore", "nothing.tar.gz", "--to", "x"], "There is no nothing.tar.gz"),
        (["run", "--restore", "nothing.tar.gz", "--to", "x"], "--restore takes one backup"),
        (["run", "a/run", "--to", "x"], "Two of these runs are called run"),
        (["--restore", "any.tar.gz", "--to", "run"], "exists and is not empty"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_left(
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    kept_run(tmp_path / "run")
    kept_run(tmp_path / "a" / "run")
    monkeypatch.chdir(tmp_path)
    assert backup([*arguments, "--quiet"]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "x").exists() or list((tmp_path / "x").iterdir()) == []
