"""Ctrl-C, SIGTERM and a closed terminal end a real process with a whole run, which goes on afterwards."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from halt_support import written
from run_support import events, run, voters
from tiers import long_after

from agents.records.record import SessionEnd
from agents.replay import main as replay
from agents.run import main

ROOT = Path(__file__).resolve().parents[4]
KEY = "5a" * 32
LONG = (*voters(), "--days", "40", "--set", "journal.group_commit=1")
FILES = {"summary.json", "report.html", "trades.csv", "orders.csv", "equity.csv", "decisions.jsonl", "journal.sha256"}

pytestmark = pytest.mark.slow


def command(out: Path) -> list[str]:
    return [sys.executable, "-m", "agents.run", "--out", str(out), *LONG]


def start(out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(command(out), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(out: Path, name: str, size: int = 1) -> None:
    for _ in range(3000):
        if written(out, name) >= size:
            return
        time.sleep(0.02)
    raise AssertionError(f"{name} did not come")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        assert run(folder, *LONG) == 0
        return events(folder)[-1].mac


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def goes_on(out: Path, unbroken: str) -> None:
    """The run replays as it is, and ends like the unbroken one when it is resumed."""
    last = events(out)[-1].event
    assert isinstance(last, SessionEnd)
    assert last.reason == "interrupted"
    assert replay([str(out), "--quiet"]) == 0
    assert main(["--resume", str(out), "--quiet"]) == 0
    assert events(out)[-1].mac == unbroken
    assert replay([str(out), "--quiet"]) == 0


@pytest.mark.parametrize(
    "number", long_after(1, [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]), ids=lambda number: number.name
)
def test_a_signal_ends_the_session_with_its_report_and_the_run_goes_on(
    tmp_path: Path, unbroken: str, number: signal.Signals
) -> None:
    out = tmp_path / "run"
    with start(out) as process:
        wait_for(out, "journal.db*", 500_000)
        process.send_signal(number)
        told, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Ending the session after this bar" in err
    assert {file.name for file in out.iterdir()} >= FILES
    assert "Verdict: this run was stopped after " in told
    assert "run --resume" in told.splitlines()[-2]
    goes_on(out, unbroken)


@pytest.mark.parametrize("number", long_after(1, [signal.SIGTERM, signal.SIGINT]), ids=lambda number: number.name)
def test_a_second_signal_during_the_report_leaves_a_whole_journal(
    tmp_path: Path, unbroken: str, number: signal.Signals
) -> None:
    out = tmp_path / "run"
    with start(out) as process:
        wait_for(out, "journal.db*", 500_000)
        process.send_signal(number)
        wait_for(out, "journal.sha256")
        process.send_signal(number)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [file.name for file in out.glob(".*.tmp")] == []
    goes_on(out, unbroken)


@pytest.mark.long
def test_two_signals_at_once_keep_what_was_journaled_and_the_run_goes_on(tmp_path: Path, unbroken: str) -> None:
    out = tmp_path / "run"
    with start(out) as process:
        wait_for(out, "journal.db*", 500_000)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert len(events(out)) > 5
    assert main(["--resume", str(out), "--quiet"]) == 0
    assert events(out)[-1].mac == unbroken


def test_a_terminal_that_is_closed_ends_the_session_with_its_report(tmp_path: Path, unbroken: str) -> None:
    out = tmp_path / "run"
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, command(out))
    wait_for(out, "journal.db*", 500_000)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert {file.name for file in out.iterdir()} >= FILES
    goes_on(out, unbroken)
