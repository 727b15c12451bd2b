"""A session on an exchange over the wire is killed with SIGKILL, and the watchdog, a process of its own, tells within seconds."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from receivers import web
from simulator_process import ROOT, served

from execution.kill_switch.latch import LatchFolder
from ops.live.beating.heartbeat import heartbeat_of

WITHIN_S = 10.0
_PATIENCE_S = 180.0


@pytest.mark.slow
def test_a_session_that_is_killed_is_told_and_the_kill_switch_is_put_down(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TRIBUNAL_STATE_DIR": str(tmp_path / "state")}
    run = tmp_path / "run"
    with web() as server, served("--timeframe", "1h", "--symbols", "BTC/USDT", "--speed", "1") as (_, url, _):
        session = [
            sys.executable, "-m", "agents.run", "--profile", "testnet", "--venue-url", url, "--symbols", "BTC/USDT",
            "--timeframe", "1h", "--strategy", "ema_cross", "--set", "sentiment.sources=[]", "market.context=none",
            "market.warmup_bars=200", "--out", str(run), "--quiet",
        ]  # fmt: skip
        watchdog = [sys.executable, "-m", "ops.watchdog", str(run), "--halt", "--alert", server.url()]
        trading = subprocess.Popen(session, env=environment, stderr=subprocess.DEVNULL)
        try:
            until(lambda: (beat := heartbeat_of(run)) is not None and beat.profile == "testnet", trading)
            watching = subprocess.Popen(watchdog, env=environment, stderr=subprocess.PIPE, text=True)
            assert watching.stderr is not None
            while "Watching" not in watching.stderr.readline():
                pass
            trading.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            got = server.until(1, "process_gone")[0]
        finally:
            trading.kill()
            trading.wait(10)
        assert got.at - killed < WITHIN_S
        assert LatchFolder(tmp_path / "state").read("testnet") is not None
        watching.send_signal(signal.SIGTERM)
        _, said = watching.communicate(timeout=30)
        assert watching.returncode == 130
        assert "Nobody watches these sessions now" in said


def until(true: object, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _PATIENCE_S
    while not true():  # type: ignore[operator]
        assert process.poll() is None, "the session ended"
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)
