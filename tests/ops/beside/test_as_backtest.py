"""`tribunal replay RUN --as-backtest`: the same bars on the simulated exchange; and what cannot be compared."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from exchange_session import Lived
from feed_session import SELDOM_S, Life, live
from run_support import run
from told_exchange import START

from agents.halt import main as halt
from agents.replay import main as replay
from config.secrets import journal_key

SHORT = ("--days", "8", "--symbols", "BTC/USDT", "ETH/USDT")


def compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert replay([str(folder), "--as-backtest", "--json", "--quiet"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    assert replay([str(folder), "--as-backtest", "--quiet", *more]) == 2
    return capsys.readouterr().err


def differences(found: dict[str, Any]) -> set[float]:
    return {each["difference"] for each in found["figures"]}


def alone(found: dict[str, Any]) -> list[str]:
    return [name for each in found["counts"] for name in (*each["run_alone"], *each["backtest_alone"])]


@pytest.mark.slow
def test_a_paper_run_is_its_own_backtest_to_the_last_digit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "run", *SHORT) == 0
    found = compared(tmp_path / "run", capsys)
    assert found["fills"][0] > 4
    assert found["fills"][0] == found["fills"][1]
    assert found["equity"][0] == found["equity"][1]
    assert (differences(found), alone(found)) == ({0.0}, [])


@pytest.mark.slow
def test_so_is_one_on_a_feed_whose_kill_switch_sold_between_two_bars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    held, left = START + timedelta(hours=12, minutes=20), ["once"]

    def flatten(now: Any) -> None:
        if now >= held and left:
            left.pop()
            assert halt(["--flatten", "--reason", "a drill"]) == 0

    live(tmp_path / "run", Life(bars=14, happens=flatten, look_s=SELDOM_S))
    found = compared(tmp_path / "run", capsys)
    assert found["fills"][0] > 1
    assert found["equity"][0] == found["equity"][1]
    assert (differences(found), alone(found)) == ({0.0}, [])


@pytest.fixture
def on_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A session on an exchange that trades by itself, and loses this share of its answers."""
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)

    def make(loses: float) -> Path:
        Lived(loses).go_on(tmp_path / "run")
        return tmp_path / "run"

    return make


@pytest.mark.slow
@pytest.mark.parametrize("loses", [0.0, 0.5])
def test_a_session_on_an_exchange_is_paired_with_its_backtest_order_by_order(
    on_exchange: Callable[..., Path], loses: float, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = on_exchange(loses)
    before = (folder / "journal.db").read_bytes()
    found = compared(folder, capsys)
    assert found["exchange"] == "binance"
    orders, trades = found["counts"]
    assert orders["both"] > 2
    assert trades["both"] > 0
    assert found["figures"][0]["pairs"] == orders["both"]
    assert (folder / "journal.db").read_bytes() == before
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.slow
def test_a_run_that_traded_nothing_says_so_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "run", *SHORT, "--set", "limits.min_conviction=1") == 0
    assert "traded nothing" in refused(tmp_path / "run", capsys)


def test_a_run_without_an_end_is_to_be_ended_first(
    make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: bytes
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", key.hex())
    assert journal_key() == key
    assert "no closing event" in refused(make_run(ended=False), capsys)


def test_a_run_without_a_bar_has_nothing_to_trade(
    make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: bytes
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", key.hex())
    assert "holds no bar" in refused(make_run(bars=0), capsys)


def test_other_limits_are_another_question(
    make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: bytes
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", key.hex())
    assert "--limits" in refused(make_run(), capsys, "--limits", "limits.yaml")
