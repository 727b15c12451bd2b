"""A session at a double of TWS from end to end, with the real ib_async: parts, a rejected stop, a broken line, a kill."""

from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from month import ZONE, Gateway, Month, befallen, session

from agents.records.events import read_events
from agents.records.folder import journal_of
from agents.records.inputs import Arrived
from agents.records.record import CycleRecord, SessionEnd
from agents.replay import main as replay
from config.secrets import journal_key
from execution.account.agreement import AccountDrift
from execution.reports import Fill, SentOrder, VenueWord

SESSIONS = 13


class Lived(NamedTuple):
    folder: Path
    month: Month
    code: int | None
    killed: int | None
    events: list[object]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Thirteen sessions, killed in the tenth and resumed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        folder, month = tmp_path_factory.mktemp("runs") / "month", Month(SESSIONS)
        befallen(month)
        at = datetime.combine(month.days[9], time(14), ZONE).astimezone(UTC)
        with Gateway(month.tws) as gateway:
            killed = session(gateway, month, folder, SESSIONS, kill_at=at)
            code = session(gateway, month, folder, SESSIONS, resume=True)
        events = [found.event for found in read_events(journal_of(folder), journal_key())]
        assert replay([str(folder), "--quiet"]) == 0, "replay differs"
    return Lived(folder, month, code, killed, events)


def fills(lived: Lived) -> list[Fill]:
    return [fill for event in lived.events if isinstance(event, VenueWord) for fill in event.report.fills]


@pytest.mark.slow
def test_it_was_killed_and_came_to_its_end_when_it_was_resumed(lived: Lived) -> None:
    assert (lived.killed, lived.code) == (None, 0)
    records = [event for event in lived.events if isinstance(event, CycleRecord)]
    assert [record.bar for record in records] == list(range(1, SESSIONS + 1))
    (end,) = [event for event in lived.events if isinstance(event, SessionEnd)]
    assert end.reason == "completed"


@pytest.mark.slow
def test_each_session_is_decided_on_near_its_close_and_its_bar_is_marked_provisional(lived: Lived) -> None:
    arrived = [event for event in lived.events if isinstance(event, Arrived)]
    assert [event.tape.close_utc.astimezone(ZONE).date() for event in arrived] == list(lived.month.days)
    for event in arrived:
        assert event.tape.close_utc.astimezone(ZONE).time() == time(15, 28)
        kinds = {found.kind for found in event.tape.findings}
        assert "provisional" in kinds
        assert not kinds & {"gap", "frozen"}
        assert not event.tape.frozen


def test_what_a_provisional_bar_had_become_is_noted_and_the_bar_stays_as_it_was_decided_on(lived: Lived) -> None:
    notes = [
        found.detail
        for event in lived.events
        if isinstance(event, Arrived)
        for found in event.tape.findings
        if found.kind == "settled"
    ]
    assert notes
    assert all("was decided on at" in note and "and closed at" in note for note in notes)


def test_shares_are_bought_at_crossings_alone_with_a_stop_attached(lived: Lived) -> None:
    entries = [event for event in lived.events if isinstance(event, SentOrder) and not event.reduce_only]
    assert [entry.symbol for entry in entries] == ["INFY/INR", "TCS/INR", "RELIANCE/INR"]
    assert all(entry.trail_quote and entry.limit_price and entry.quantity % 1 == 0 for entry in entries)


def test_the_entry_whose_stop_was_rejected_bought_nothing(lived: Lived) -> None:
    states = [
        state
        for event in lived.events
        if isinstance(event, VenueWord)
        for state in event.report.states
        if state.symbol == "TCS/INR"
    ]
    assert "its stop is not live" in states[-1].note
    assert not [fill for fill in fills(lived) if fill.symbol == "TCS/INR"]


def test_what_was_bought_in_parts_is_sold_by_the_stop_of_the_broker(lived: Lived) -> None:
    traded = [(fill.purpose.value, fill.quantity) for fill in fills(lived) if fill.symbol == "INFY/INR"]
    bought = [quantity for purpose, quantity in traded if purpose == "entry"]
    assert len(bought) > 1
    assert traded[-1] == ("trailing_stop", sum(bought, Decimal(0)))


def test_no_position_was_ever_without_a_stop_at_the_close_and_the_books_agree(lived: Lived) -> None:
    for event in lived.events:
        assert not isinstance(event, AccountDrift)
        if isinstance(event, CycleRecord):
            assert all(held.stop_price is not None for held in event.portfolio.positions)


def test_risk_was_within_two_percent_of_the_capital(lived: Lived) -> None:
    for event in lived.events:
        if isinstance(event, SentOrder) and not event.reduce_only:
            assert event.trail_quote is not None
            assert event.quantity * event.trail_quote <= Decimal("0.02") * 1_000_000
