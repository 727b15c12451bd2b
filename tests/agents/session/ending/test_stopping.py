"""Ctrl-C, kill -9 and going on afterwards, with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from halt_support import written
from run_support import events, run, voters

from agents.records.record import SessionEnd
from agents.replay import main as replay
from agents.run import main

ROOT = Path(__file__).resolve().parents[4]
LONG = (*voters(), "--days", "120")


def start(out: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "agents.run", "--profile", "paper", "--out", str(out), *LONG, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def wait_until_trading(out: Path) -> None:
    """Until the journal holds more than its first group of events."""
    for _ in range(600):
        if written(out) > 1_500_000:
            return
        time.sleep(0.05)
    raise AssertionError("the session did not get going")


@pytest.mark.slow
def test_ctrl_c_stops_between_two_bars_with_everything_journaled_and_the_same_report(tmp_path: Path) -> None:
    process = start(tmp_path / "run")
    wait_until_trading(tmp_path / "run")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Ending the session after this bar" in err
    assert "Traceback" not in err
    assert "interrupted" in out
    assert (tmp_path / "run" / "report.html").stat().st_size > 100_000
    assert isinstance(events(tmp_path / "run")[-1].event, SessionEnd)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_a_killed_run_verifies_replays_as_far_as_it_got_and_goes_on_to_the_same_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start(tmp_path / "killed")
    wait_until_trading(tmp_path / "killed")
    process.kill()
    process.communicate(timeout=300)
    got = events(tmp_path / "killed")
    assert not isinstance(got[-1].event, SessionEnd)
    assert replay([str(tmp_path / "killed"), "--quiet"]) == 9
    assert "no closing event" in capsys.readouterr().out
    resume = ["--profile", "paper", *LONG, "--resume", str(tmp_path / "killed"), "--quiet"]
    assert main(resume) == 0
    assert run(tmp_path / "whole", *LONG) == 0
    assert events(tmp_path / "killed")[: len(got)] == got
    assert events(tmp_path / "killed")[-1].mac == events(tmp_path / "whole")[-1].mac


@pytest.mark.slow
def test_a_run_does_not_resume_under_other_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process = start(tmp_path / "killed")
    wait_until_trading(tmp_path / "killed")
    process.kill()
    process.communicate(timeout=300)
    before = events(tmp_path / "killed")
    assert main(["--profile", "paper", *LONG, "--seed", "8", "--resume", str(tmp_path / "killed"), "--quiet"]) == 4
    assert "cannot be resumed" in capsys.readouterr().err
    assert events(tmp_path / "killed") == before


@pytest.mark.slow
def test_a_finished_run_does_not_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "run", "--days", "2") == 0
    assert main(["--profile", "paper", "--days", "2", "--resume", str(tmp_path / "run"), "--quiet"]) == 2
    assert "has ended" in capsys.readouterr().err
