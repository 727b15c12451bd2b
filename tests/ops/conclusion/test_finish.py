"""The end of a run: two files beside the journal, and on stdout tables, or nothing but one JSON object."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from run_support import run

from config.errors import JournalFault, OutputFault
from config.secrets import journal_key
from ops.conclusion.finish import finish, leave
from ops.story.summary import Summary

Maker = Callable[..., Path]
WRITTEN = ("summary.json", "report.html")


@pytest.fixture
def ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run of four days, without what its end has written."""
    folder = tmp_path / "run"
    assert run(folder, "--days", "4") == 0
    for name in WRITTEN:
        (folder / name).unlink()
    capsys.readouterr()
    return folder


@pytest.mark.slow
def test_summary_and_report_lie_beside_the_journal_and_the_last_words_are_verdict_next_step_and_report(
    ended: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(ended, journal_key(), as_json=False)
    shown = capsys.readouterr()
    assert shown.err == ""
    said, then, report = shown.out.splitlines()[-3:]
    assert said.startswith("Verdict: 10,000.00 USDT became ")
    assert f" replay {ended}  (" in then
    assert report == f"Report: {ended / 'report.html'}"
    assert (ended / "report.html").read_text().startswith("<!")
    assert Summary.model_validate_json((ended / "summary.json").read_bytes()).bars == 96


@pytest.mark.slow
def test_as_json_stdout_is_the_summary_and_a_second_end_writes_the_same_bytes(
    ended: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = journal_key()
    finish(ended, key, as_json=True)
    first = [(ended / name).read_bytes() for name in WRITTEN]
    assert json.loads(capsys.readouterr().out) == json.loads(first[0])
    _, summary = leave(ended, key)
    assert [(ended / name).read_bytes() for name in WRITTEN] == first
    assert summary.hearings > 0
    assert capsys.readouterr().out == ""


def test_a_folder_that_takes_no_file_is_a_fault_of_the_output(make_run: Maker, key: bytes) -> None:
    folder = make_run(bars=10, trading=False)
    (folder / "summary.json").mkdir()
    with pytest.raises(OutputFault):
        leave(folder, key)
    assert not (folder / "report.html").exists()


def test_another_key_finishes_nothing(make_run: Maker, key: bytes) -> None:
    folder = make_run(bars=10, trading=False)
    with pytest.raises(JournalFault):
        leave(folder, key[::-1] + b"x")
    assert not any((folder / name).exists() for name in WRITTEN)
