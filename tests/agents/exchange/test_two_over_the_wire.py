"""A session on two simulators over the wire, by the commands that a user types, through unmodified ccxt."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from halt_support import ROOT, journaled
from simulator_process import served

from agents.records.record import CycleRecord, Session
from agents.replay import main as replay
from config.errors import JournalFault
from execution.account.agreement import AccountDrift
from execution.account.routing.routed import Routed
from execution.reports import SentOrder

KEY = "ab" * 32
VOTER = '''
from agents.strategies.voter import Ballot
from risk.proposal import Direction


class Buys:
    """Long at every bar."""

    history = 2

    def vote(self, now, bars):
        return Ballot(Direction.LONG, 0.8, ("its turn",))
'''


def command(tmp_path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "agents.run", "--quiet", *more]


def begin(first: str, second: str, tmp_path: Path) -> list[str]:
    (tmp_path / "buys.py").write_text(VOTER, encoding="utf-8")
    return command(
        tmp_path, "--profile", "testnet", "--venue-url", first, second, "--timeframe", "1m", "--symbols", "BTC/USDT",
        "--strategy", f"{tmp_path / 'buys.py'}:Buys", "--out", str(tmp_path / "run"), "--bars-limit", "2",
        "--set", "sentiment.sources=[]", "market.context=none", "market.warmup_bars=200", "limits.var_horizon=bar",
        "limits.risk_window_bars=200", "limits.turbulence_sigma=50", "market.history_days=0",
    )  # fmt: skip


@pytest.mark.long
def test_killed_in_the_middle_of_its_first_order_it_comes_back_and_both_accounts_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    market = ("--symbols", "BTC/USDT", "--timeframe", "1m")
    with served(*market, "--set", "venue.spread_bps=8") as (_, first, _), served(*market) as (_, second, _):
        with subprocess.Popen(begin(first, second, tmp_path), env=environment, cwd=ROOT) as process:
            deadline = time.monotonic() + 240
            while time.monotonic() < deadline and not _sent(tmp_path / "run"):
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        before = _orders(tmp_path / "run")
        assert before, "nothing was sent before it was killed"
        again = subprocess.run(
            command(tmp_path, "--resume", str(tmp_path / "run")), env=environment, cwd=ROOT, timeout=300, check=False
        )
    assert again.returncode == 0
    events = [found.event for found in journaled(tmp_path / "run")]
    session = events[0]
    assert isinstance(session, Session)
    assert list(session.exchanges) == ["binance", "binance-2"]
    routes = {event.decision_id: event.chosen for event in events if isinstance(event, Routed)}
    sent = [event for event in events if isinstance(event, SentOrder)]
    assert {event.decision_id for event in sent if not event.reduce_only} <= routes.keys()
    assert all(event.account == routes[event.decision_id] for event in sent if event.decision_id in routes)
    assert [event for event in events if isinstance(event, AccountDrift)] == []
    assert sum(isinstance(event, CycleRecord) for event in events) == 2
    after = _orders(tmp_path / "run")
    assert after[: len(before)] == before
    assert len(set(after)) == len(after), "nothing was sent twice"
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def _sent(folder: Path) -> bool:
    try:
        return bool(_orders(folder))
    except JournalFault:  # it is not there yet
        return False


def _orders(folder: Path) -> list[str]:
    return [found.event.order_id for found in journaled(folder) if isinstance(found.event, SentOrder)]
