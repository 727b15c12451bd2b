"""Paper on live bars whose exchange falls silent: the trigger falls, is told and lifted, and the run replays to the byte."""

from datetime import timedelta
from pathlib import Path

import pytest
from feed_session import Life, live
from halt_support import journaled
from told_exchange import START

from agents.records.inputs import Beat
from agents.replay import main as replay
from execution.kill_switch.halting import HaltEvent

HOUR = timedelta(hours=1)
SILENT = (START + 4 * HOUR - timedelta(minutes=1), START + 4 * HOUR + timedelta(minutes=30))
LIMIT_S = 300.0
CHANGES = (("emergency.feeds_stale", {"above": LIMIT_S, "action": "cancel"}),)


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "of-the-user"))
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)


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
