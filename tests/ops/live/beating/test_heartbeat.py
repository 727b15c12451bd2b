"""The heartbeat: written by the trading loop alone, freed by the kernel when the process is gone, told to systemd."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kept_journals import JOURNALS, KEY
from run_support import events

from agents.records.record import CycleRecord, Session
from ops.live.beating.heartbeat import FILE, Beating, heartbeat_of, lives

ROOT = Path(__file__).resolve().parents[4]
AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


class Moving:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = AT

    def now(self) -> datetime:
        return self.time


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def test_each_look_and_each_finished_bar_is_a_beat_and_the_end_takes_the_file_away(tmp_path: Path) -> None:
    clock = Moving()
    held = [found.event for found in events(JOURNALS / "live-0.6.0")]
    session = next(event for event in held if isinstance(event, Session))
    bar = next(event for event in held if isinstance(event, CycleRecord))
    with Beating(tmp_path, clock) as heart:
        assert lives(tmp_path)
        heart.hear(session, past=False)
        clock.time += timedelta(seconds=0.4)
        heart.beat()
        first = heartbeat_of(tmp_path)
        assert first is not None
        assert first.at_utc == AT  # no more than once a second
        clock.time += timedelta(seconds=1)
        heart.beat()
        looked = heartbeat_of(tmp_path)
        assert looked is not None
        assert looked.due_utc == session.start_utc + session.timeframe.duration
        heart.hear(bar, past=False)
        done = heartbeat_of(tmp_path)
        assert done is not None
        assert (done.bars, done.bar_utc) == (1, bar.as_of_utc)
        assert done.due_utc == bar.as_of_utc + session.timeframe.duration
    assert not (tmp_path / FILE).exists()


def test_a_session_that_fails_leaves_it_and_nobody_holds_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Beating(tmp_path, Moving()):
        raise RuntimeError
    assert heartbeat_of(tmp_path) is not None
    assert not lives(tmp_path)


@pytest.mark.slow
def test_the_kernel_frees_what_a_killed_process_held_and_the_next_one_takes_it(tmp_path: Path) -> None:
    text = (
        "import sys, time; from pathlib import Path; from config.clock import SystemClock; "
        "from ops.live.beating.heartbeat import Beating\n"
        "with Beating(Path(sys.argv[1]), SystemClock()):\n print('held', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", text, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    assert lives(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    assert not lives(tmp_path)
    with Beating(tmp_path, Moving()):
        assert lives(tmp_path)


def test_a_folder_that_cannot_be_written_stops_no_session(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with Beating(tmp_path, Moving()) as heart:
        heart.beat()
    assert heartbeat_of(tmp_path) is None


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with Beating(tmp_path, Moving()):
            assert systemd.recv(200).startswith(b"READY=1")
            assert systemd.recv(200).startswith(b"WATCHDOG=1\nSTATUS=0 bars")
        assert systemd.recv(200) == b"STOPPING=1"
