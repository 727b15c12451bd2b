"""`tribunal show`: a run is printed again, by group, as JSON, into files; and nothing of it is changed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kept_journals import KEY, RUNS
from run_support import run, voters, write_bars

from agents.backtest import main as backtest
from agents.show import main as show

Maker = Callable[..., Path]
GROUPS = ("By market", "By strategy", "By exit reason", "By month of exit, UTC", "By hour of entry, UTC")


@pytest.fixture(autouse=True)
def _key(key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", key.hex())


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {file.name: (os.stat(file).st_mtime_ns, file.read_bytes()) for file in sorted(folder.iterdir())}


def shown_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert show([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
def test_what_a_run_printed_at_its_end_is_printed_again_with_its_trades_by_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", "--days", "12") == 0
    first = capsys.readouterr().out
    before = state(tmp_path / "run")
    assert show([str(tmp_path / "run")]) == 0
    again = capsys.readouterr()
    tables, _, last = first.rpartition("\nVerdict: ")
    assert again.out.startswith(tables)
    assert again.out.endswith(f"\nVerdict: {last}")
    assert [title for title in GROUPS if title not in again.out] == []
    assert again.err == ""
    assert state(tmp_path / "run") == before


def test_only_the_groups_that_are_named_are_printed(make_run: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_run()
    assert show([str(folder), "--by", "exit", "hour"]) == 0
    out = capsys.readouterr().out
    assert [title for title in GROUPS if title in out] == ["By exit reason", "By hour of entry, UTC"]
    assert "Accounting identity" not in out
    assert "voted out" in out
    assert show([str(folder), "--by", "all"]) == 0
    out = capsys.readouterr().out
    assert [title for title in GROUPS if title not in out] == []


def test_the_groups_add_up_to_the_run_in_each_view(make_run: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    found = shown_json(capsys, str(make_run()))
    assert set(found["by"]) == {"symbol", "strategy", "exit", "month", "hour"}
    for parts in found["by"].values():
        assert sum(part["trades"]["closed"] for part in parts) == found["trades"]["closed"] == 6
    assert [part["name"] for part in found["by"]["exit"]] == ["stop_loss", "strategy_exit"]
    assert [part["name"] for part in found["by"]["hour"]] == ["03:00", "05:00", "09:00", "13:00", "19:00", "23:00"]


def test_the_tables_go_into_a_folder_of_ones_own(
    make_run: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_run()
    before = state(folder)
    assert show([str(folder), "--by", "month", "--export", str(tmp_path / "out")]) == 0
    names = {"trades.csv", "orders.csv", "equity.csv", "decisions.jsonl"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == names
    assert state(folder) == before


def test_a_run_that_was_cut_short_says_so(make_run: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_run(bars=33, ended=False)
    assert show([str(folder)]) == 0
    shown = capsys.readouterr()
    assert "cut short" in shown.err
    assert "Verdict: this run was cut short (killed, or it still runs) after 33 bars of 33." in shown.out
    assert "run --resume" in shown.out.splitlines()[-1]


@pytest.mark.parametrize("what", ["absent", "empty", "file", "damaged"])
def test_a_folder_that_is_no_run_is_told_in_a_sentence(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / what
    if what == "file":
        place.write_text("not a folder")
    elif what != "absent":
        place.mkdir()
    if what == "damaged":
        (place / "journal.db").write_bytes(b"SQLite format 3\0 and then nothing")
    assert show([str(place)]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err


def test_a_journal_that_names_another_key_is_refused_for_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)
    assert show([str(RUNS[0])]) == 4
    assert "was written with another key" in capsys.readouterr().err


@pytest.mark.parametrize("kept", RUNS, ids=lambda folder: folder.name)
def test_a_run_of_an_older_version_is_shown_and_exported_from_a_copy_without_rights_to_write(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "journal.db").write_bytes((kept / "journal.db").read_bytes())
    (folder / "journal.db").chmod(0o400)
    folder.chmod(0o500)
    try:
        found = shown_json(capsys, str(folder), "--export", str(tmp_path / "out"))
    finally:
        folder.chmod(0o700)
    assert found["bars"] > 10
    assert len((tmp_path / "out" / "equity.csv").read_text().splitlines()) == found["bars"] + 1
    assert [file.name for file in folder.iterdir()] == ["journal.db"]


@pytest.mark.slow
def test_the_judgement_of_a_backtest_is_shown_again_and_one_of_another_version_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bars = str(write_bars(tmp_path, days=45)[0])
    folder = tmp_path / "run with a space"
    assert backtest(["--data", bars, *voters(), "--quiet", "--out", str(folder)]) == 0
    first = capsys.readouterr().out
    assert first.splitlines()[-1] == f"Report: {folder / 'report.html'}"
    assert f"'{folder}'" in first.splitlines()[-2]
    assert first.index("Gates before paper trading") < first.index("Verdict: ")
    assert show([str(folder)]) == 0
    again = capsys.readouterr().out
    assert again.splitlines()[-3:] == first.splitlines()[-3:]
    assert "Gates before paper trading" in again
    (folder / "judgement.json").write_text('{"of": "another version"}')
    assert show([str(folder)]) == 0
    shown = capsys.readouterr()
    assert "cannot be read by this version" in shown.err
    assert "Gates before paper trading" not in shown.out
