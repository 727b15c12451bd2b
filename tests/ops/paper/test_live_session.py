"""Real money at the simulator over the wire, by the commands that a user types: what it asks for, and whose account it finds."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from halt_support import journaled
from simulator_process import served

from agents.desk.clocked.book import Books
from agents.records.account import AccountLeft
from agents.records.record import Session
from agents.replay import main as replay
from agents.run import main as run
from config.secrets import journal_key, load_secrets, state_dir
from ops.paper.record import Drill, PaperRecord, write_record

KEY = "cd" * 32
WITHOUT = "TRADE WITHOUT A PAPER RECORD"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_KEY", "simulator")
    monkeypatch.setenv("TRIBUNAL_EXCHANGE_SECRET", "simulator-secret")
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    (tmp_path / "copy").write_text(KEY, encoding="utf-8")


def tried(url: str) -> None:
    """A record without trades, in which the kill switch was tried there yesterday."""
    at = datetime.now(UTC) - timedelta(days=1)
    drill = Drill(exchange="binance", elsewhere=url, at_utc=at, run="testnet-001", sold=("BTC/USDT",))
    record = PaperRecord(made_utc=at, runs=(), trades=(), drills=(drill,))
    write_record(state_dir(load_secrets()), record, journal_key())


def typed(url: str, tmp_path: Path, out: str, *more: str) -> int:
    """`tribunal run --profile live`, for one bar of a minute."""
    return run(
        [
            "--profile", "live", "--venue-url", url, "--timeframe", "1m", "--symbols", "BTC/USDT", "--bars-limit", "1",
            "--strategy", "ema_cross", "--quiet", "--json", "--out", str(tmp_path / out), "--set", "sentiment.sources=[]",
            "market.context=none", "market.warmup_bars=200", "market.history_days=0", "live.capital=3000",
            f"live.key_backup={tmp_path / 'copy'}", *more,
        ]
    )  # fmt: skip


def confirmed(url: str) -> tuple[str, ...]:
    return "--confirm", f"TRADE REAL MONEY: 750 OF 3000 USDT ON binance AT {url}"


@pytest.mark.slow
def test_it_asks_for_the_record_and_the_words_trades_a_quarter_and_finds_its_account_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served("--symbols", "BTC/USDT", "--timeframe", "1m") as (_, url, _):
        assert typed(url, tmp_path, "none") == 6, "nobody can be asked"
        assert "no terminal" in capsys.readouterr().err
        assert typed(url, tmp_path, "none", *confirmed(url)) == 2
        assert "paper record" in capsys.readouterr().err
        tried(url)
        assert typed(url, tmp_path, "none", "--confirm", "yes", "--without-record", WITHOUT) == 6
        assert "750 OF 3000 USDT" in capsys.readouterr().err
        assert not (tmp_path / "none").exists()

        assert typed(url, tmp_path, "first", *confirmed(url), "--without-record", WITHOUT) == 0
        told = capsys.readouterr().err
        first = journaled(tmp_path / "first")[0].event
        assert isinstance(first, Session)
        assert first.standing is not None
        assert first.standing.ramp is not None
        assert (first.standing.money, first.standing.ramp.quarters) == (3000, 1)
        assert [word.what for word in first.standing.words] == ["without_record"]
        assert f"at {url}, no address of binance's own" in told
        assert replay([str(tmp_path / "first"), "--quiet"]) == 0

        assert typed(url, tmp_path, "second", *confirmed(url), "--without-record", WITHOUT) == 0
        second, left = journaled(tmp_path / "second")[0].event, journaled(tmp_path / "first")[-2].event
        assert isinstance(second, Session)
        assert isinstance(left, AccountLeft)
        assert second.standing is not None
        assert first.account is not None
        assert second.standing.before == first.account.run
        assert second.standing.breakers.peak_equity == left.breakers.peak_equity
        book = Books(state_dir(load_secrets()), journal_key()).read(f"binance {url} live", "USDT")
        assert book is not None
        assert book.folder == str((tmp_path / "second").resolve())
    for file in (*tmp_path.rglob("*"), *state_dir(load_secrets()).rglob("*")):
        if file.is_file() and file.name != "copy":
            assert b"simulator-secret" not in file.read_bytes(), file
    assert os.environ["TRIBUNAL_EXCHANGE_SECRET"] == "simulator-secret"
