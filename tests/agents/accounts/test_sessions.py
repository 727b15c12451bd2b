"""Sessions on an account that lives beyond them: what one leaves the next one begins with, and a replay reads the same."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from accounts import CASH, QUOTE, OnAccount, at_account
from halt_support import journaled

from agents.desk.clocked.takeover import stands
from agents.records.account import AccountLeft
from agents.records.record import CycleRecord, SessionEnd
from agents.replay import main as replay
from config.errors import UsageFault
from config.secrets import journal_key
from execution.account.agreement import AccountDrift

KEY = "cd" * 32


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.mark.slow
def test_a_session_leaves_its_account_and_the_next_one_begins_with_its_peak(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = at_account()
    first = OnAccount(tmp_path / "state", begun).go_on(tmp_path / "first")
    events = [each.event for each in journaled(tmp_path / "first")]
    left, end = events[-2], events[-1]
    assert isinstance(left, AccountLeft)
    assert isinstance(end, SessionEnd)
    assert (left.cash, left.breakers) == (end.portfolio.cash, end.breakers)
    assert left.foreign == {"BTC/USDT": Decimal("1.5"), "ETH/USDT": Decimal(2)}
    peak = max(each.portfolio.equity for each in events if isinstance(each, CycleRecord))
    assert left.breakers.peak_equity == max(peak, CASH)
    assert replay([str(tmp_path / "first"), "--quiet"]) == 0

    book = first.books.read("binance testnet", QUOTE)
    assert book is not None
    assert (book.ended, book.run, book.breakers) == (True, "run-1", left.breakers)
    assert set(book.positions) == {held.symbol for held in end.portfolio.positions}
    now = left.at_utc + timedelta(hours=1)
    if end.portfolio.positions:
        with pytest.raises(UsageFault, match="--resume"):
            stands(first.settings, book, journal_key(), now, ())
        return
    found = stands(first.settings, book, journal_key(), now, ())
    assert found.standing.breakers.peak_equity == left.breakers.peak_equity


@pytest.mark.slow
def test_a_session_with_a_standing_trades_by_its_peak_and_a_replay_reads_the_same(tmp_path: Path) -> None:
    """A peak far above the money is a drawdown at once: the breaker trips at the first bar, and nothing is bought."""
    begun = at_account()
    assert begun.standing is not None
    high = begun.standing.breakers.model_copy(update={"peak_equity": CASH * 2})
    fallen = at_account(standing=begun.standing.model_copy(update={"breakers": high, "trades": 5, "before": "run-0"}))
    OnAccount(tmp_path / "state", fallen).go_on(tmp_path / "run")
    events = [each.event for each in journaled(tmp_path / "run")]
    records = [each for each in events if isinstance(each, CycleRecord)]
    assert [latch.breaker for latch in records[0].breakers.latches] == ["drawdown"]
    assert all(not record.portfolio.positions for record in records)
    assert [each for each in events if isinstance(each, AccountDrift)] == []
    (left,) = (each for each in events if isinstance(each, AccountLeft))
    assert left.trades == 5
    assert left.breakers.peak_equity == CASH * 2
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_killed_in_the_middle_the_book_names_the_run_and_resumed_it_ends_as_the_others(tmp_path: Path) -> None:
    session = at_account()
    lived = OnAccount(tmp_path / "state", session)
    lived.go_on(tmp_path / "run", kill_at=60)
    book = lived.books.read("binance testnet", QUOTE)
    assert book is not None
    assert not book.ended
    assert book.bars > 0
    with pytest.raises(UsageFault, match=r"has no end.*tribunal run --resume"):
        stands(lived.settings, book, journal_key(), book.at_utc + timedelta(hours=1), ())
    lived.go_on(tmp_path / "run")
    ended = lived.books.read("binance testnet", QUOTE)
    assert ended is not None
    assert ended.ended
    assert json.loads(ended.model_dump_json())["folder"] == str((tmp_path / "run").resolve())
