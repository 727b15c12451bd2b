"""Paper on live bars while its journal cannot be written: it is seen between two bars, and a run that was killed then goes on."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from faulty_disk import no_room
from faulty_server import killed
from feed_session import Life, live
from halt_support import journaled
from run_support import said
from storm import Storm
from told_exchange import START

from agents.records.inputs import Arrived, Beat
from agents.records.record import CycleRecord
from agents.replay import main as replay
from config.frozen import Journaled
from config.secrets import journal_key
from execution.journal.rescue import take_in
from execution.kill_switch.halting import HaltEvent
from execution.kill_switch.storage import JOURNAL_LOST
from execution.reports import VenueWord
from execution.venues.durable import UNSENT
from risk.order import Order

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "of-the-user"))


def is_third_record(event: Journaled) -> bool:
    return isinstance(event, CycleRecord) and event.bar == 3


def is_entry(event: Journaled) -> bool:
    return isinstance(event, Order) and not event.reduce_only


def never(event: Journaled) -> bool:
    return False


def unsent(events: list[Journaled]) -> list[str]:
    words = [event for event in events if isinstance(event, VenueWord)]
    return [state.order_id for word in words for state in word.report.states if state.note == UNSENT]


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_the_loss_and_the_end_of_it_are_obeyed_between_two_bars_and_the_run_replays(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = None if store == "sqlite" else request.getfixturevalue("database")
    fault = no_room if database is None else lambda _: killed(database)
    storm = Storm(fault, is_third_record, never)

    def happens(now: datetime) -> None:
        if storm.state == "storm" and now > START + 5 * HOUR + timedelta(minutes=20):
            storm.pass_by()

    live(tmp_path / "run", Life(bars=8, storm=storm, happens=happens, url=database and database.url))
    events = [each.event for each in journaled(tmp_path / "run")]
    halts = [event for event in events if isinstance(event, HaltEvent)]
    assert [(each.action, [halt.scope for halt in each.halts]) for each in halts] == [
        ("halted", [JOURNAL_LOST]),
        ("resumed", []),
    ]
    begun, ended = (events[events.index(halt) - 1] for halt in halts)
    assert isinstance(begun, Beat)
    assert isinstance(ended, Beat)
    assert begun.at_utc - (START + 3 * HOUR) < timedelta(seconds=10)
    assert timedelta() < ended.at_utc - (START + 5 * HOUR + timedelta(minutes=20)) < timedelta(seconds=2)
    assert len(said(journaled(tmp_path / "run"), Arrived)) == 8
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_killed_after_an_entry_that_was_not_sent_it_takes_the_rest_in_and_sends_it_no_more(tmp_path: Path) -> None:
    folder, storm = tmp_path / "killed", Storm(no_room, is_entry, never)
    live(tmp_path / "whole", Life(bars=24))
    first = next(place for place, each in enumerate(journaled(tmp_path / "whole")) if is_entry(each.event))
    assert live(folder, Life(bars=24, events=first + 12, storm=storm)) is None
    storm.pass_by()
    entry = unsent(storm.meanwhile)
    assert len(entry) == 1
    assert take_in(folder / "journal.db", journal_key(), folder / "state") == 12
    begins = said(journaled(folder), Arrived)[-1].at_utc + timedelta(minutes=5)
    assert live(folder, Life(bars=24, begins=begins, storm=Storm(no_room, never, never))) is not None
    events = [each.event for each in journaled(folder)]
    assert unsent(events) == entry
    assert replay([str(folder), "--quiet"]) == 0
