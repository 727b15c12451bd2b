"""A run whose voter states a horizon: what is due is sold as an exit of its own kind, where the exits say so, and only there."""

from pathlib import Path

import pytest
from broken_off import killed
from run_support import events, run, said

from agents.records.record import CycleRecord, ExitDecision
from agents.replay import main as replay
from agents.run import main
from config.secrets import journal_key
from execution.reports import SentOrder
from ops.story.story import read_story
from ops.story.trips import trips_of_story
from risk.order import Purpose

KEY = "5a" * 32
HOUR_MS = 3_600_000
TEXT = """
from agents.strategies.voter import NOTHING, Ballot
from risk.proposal import Direction


class Morning:
    \"\"\"Buys at midnight, and means to hold for five hours.\"\"\"

    def vote(self, now):
        return NOTHING if now.close_utc.hour else Ballot(Direction.LONG, 0.9, ("it is midnight",), horizon_bars=5)
"""
WIDE = (
    "exits.take_profit_fraction=0.5",
    "limits.stop_fraction=0.08",
    "limits.kelly_stake=notional",
    "limits.kelly_edge=0.5",
)


def played(folder: Path, *more: str) -> Path:
    (folder / "morning.py").write_text(TEXT)
    voter = f"{folder / 'morning.py'}:Morning"
    assert run(folder / "run", "--strategy", voter, "--days", "8", "--set", "seed=11", *WIDE, *more) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        return played(tmp_path_factory.mktemp("horizons"), "exits.horizon=close")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def gone(folder: Path) -> list[tuple[CycleRecord, ExitDecision]]:
    return [(record, each) for record in said(events(folder), CycleRecord) for each in record.exits]


def purposes(folder: Path) -> set[Purpose]:
    return {order.purpose for order in said(events(folder), SentOrder)}


@pytest.mark.slow
def test_what_is_due_is_sold_five_hours_after_the_vote_and_says_why(whole: Path) -> None:
    due = [order for order in said(events(whole), SentOrder) if order.purpose is Purpose.HORIZON_EXIT]
    assert due
    assert {order.created_utc.hour for order in due} == {5}
    exits = gone(whole)
    assert {each.decision_id for _, each in exits} == {order.decision_id for order in due}
    assert all(record.as_of_utc.hour == 5 and "meant to hold it until" in each.why for record, each in exits)


@pytest.mark.slow
def test_the_end_of_a_horizon_is_an_exit_reason_of_its_own(whole: Path) -> None:
    trips = trips_of_story(read_story(whole, journal_key()))
    ended = [trip for trip in trips if trip.exit_reason == "horizon_exit"]
    assert ended
    assert all(trip.exit_ms - trip.entry_ms < 7 * HOUR_MS for trip in ended)


@pytest.mark.slow
def test_it_replays_to_the_byte_and_goes_on_after_a_kill(whole: Path, tmp_path: Path) -> None:
    assert replay([str(whole)]) == 0
    all_of_it = events(whole)
    broken = killed(whole, tmp_path / "broken", int(len(all_of_it) * 0.5))
    assert main(["--quiet", "--resume", str(broken)]) == 0
    assert events(broken)[-1].mac == all_of_it[-1].mac


@pytest.mark.slow
def test_where_the_exits_ignore_it_nothing_is_sold(tmp_path: Path) -> None:
    kept = played(tmp_path)
    assert Purpose.HORIZON_EXIT not in purposes(kept)
    assert not gone(kept)
