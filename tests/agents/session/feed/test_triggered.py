"""Paper on live bars whose exchange falls silent, or delists a market: new risk stops there, and the run goes on and replays."""

from datetime import timedelta
from pathlib import Path

import pytest
from feed_session import Life, live
from halt_support import journaled
from told_exchange import MARKETS, START

from agents.records.inputs import Arrived, Beat
from agents.replay import main as replay
from config.errors import UsageFault
from execution.kill_switch.halting import HaltEvent

HOUR = timedelta(hours=1)
SILENT = (START + 4 * HOUR - timedelta(minutes=1), START + 4 * HOUR + timedelta(minutes=30))
LIMIT_S = 300.0
LAST = MARKETS[-1]
CHANGES = (("emergency.feeds_stale", {"above": LIMIT_S, "action": "cancel"}),)


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "of-the-user"))
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)


@pytest.mark.slow
def test_a_feed_that_is_silent_stops_new_risk_five_minutes_after_its_bar_was_due(tmp_path: Path) -> None:
    live(tmp_path / "run", Life(bars=6, down=lambda now: SILENT[0] <= now < SILENT[1], changes=CHANGES))
    events = [each.event for each in journaled(tmp_path / "run")]
    halted, resumed = [event for event in events if isinstance(event, HaltEvent)]
    (down,) = halted.halts
    assert down.scope == "trigger feeds_stale"
    assert down.given_utc is not None
    late_s = (down.given_utc - (START + 4 * HOUR)).total_seconds() - LIMIT_S
    assert 0 < late_s <= 2
    assert [lifted.scope for lifted in resumed.lifted] == ["trigger feeds_stale"]
    assert any(isinstance(event, Beat) for event in events)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_a_run_whose_market_was_delisted_meanwhile_is_resumed_without_it(tmp_path: Path) -> None:
    folder, told = tmp_path / "run", list[str]()
    with pytest.raises(UsageFault, match=LAST):
        live(tmp_path / "new", Life(bars=3, gone=(LAST,)))
    assert live(folder, Life(bars=8, events=9)) is None
    end = live(folder, Life(bars=8, gone=(LAST,)), told)
    assert end is not None
    assert end.bars == 8
    assert any(f"has no market {LAST} any more" in word for word in told)
    bars = [each.event.tape.bars for each in journaled(folder) if isinstance(each.event, Arrived)]
    assert LAST in bars[0]
    assert LAST not in bars[-1]
    assert set(MARKETS) - {LAST} <= bars[-1].keys(), "the others go on"
    assert replay([str(folder), "--quiet"]) == 0
