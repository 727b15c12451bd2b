"""A venue that speaks between two bars: journaled, booked and protected at once, and the same in a resumed run and a replay."""

from decimal import Decimal
from pathlib import Path

import pytest
from halt_support import journaled
from speaking_session import killed, resumed, whole

from agents.records.record import CycleRecord, SessionEnd
from agents.records.registry import Recorded
from agents.replay import main as replay
from execution.reports import HEARD, VenueWord


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One session with words between bars, with its key kept beside it."""
    folder = tmp_path_factory.mktemp("spoken")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    whole(folder / "run")
    patch.undo()
    return folder


@pytest.fixture
def run(spoken: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The session, opened with the key that it was written with."""
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(spoken / "state"))
    return spoken / "run"


def words(events: list[Recorded]) -> list[tuple[int, VenueWord]]:
    """What was heard between bars, with its place among the events."""
    told = [(place, each.event) for place, each in enumerate(events) if isinstance(each.event, VenueWord)]
    return [(place, word) for place, word in told if word.asked == HEARD]


def record_before(events: list[Recorded], place: int) -> CycleRecord:
    return next(each.event for each in reversed(events[:place]) if isinstance(each.event, CycleRecord))


def record_after(events: list[Recorded], place: int) -> CycleRecord:
    return next(each.event for each in events[place:] if isinstance(each.event, CycleRecord))


@pytest.mark.slow
def test_a_word_stands_between_two_bars_and_its_fills_are_in_the_book_of_the_next(run: Path) -> None:
    events = journaled(run)
    heard = words(events)
    assert len(heard) >= 2
    for place, word in heard:
        before, after = record_before(events, place), record_after(events, place)
        assert isinstance(events[place - 1].event, CycleRecord)
        assert word.report.fills
        for fill in word.report.fills:
            assert before.as_of_utc < fill.filled_utc < after.as_of_utc
            held = before.portfolio.position(fill.symbol)
            assert held is not None
            sold = sum(each.quantity for each in word.report.fills if each.symbol == fill.symbol)
            left = after.portfolio.position(fill.symbol)
            assert (left.quantity if left else Decimal(0)) == held.quantity - sold
        assert after.portfolio.cash > before.portfolio.cash


@pytest.mark.slow
def test_the_money_of_a_session_with_words_adds_up_to_the_last_digit(run: Path) -> None:
    end = journaled(run)[-1].event
    assert isinstance(end, SessionEnd)
    assert end.starting_cash + end.realised + end.unrealised - end.fees == end.portfolio.equity


def test_the_next_bar_counts_what_was_lost_between_two(run: Path) -> None:
    events = journaled(run)
    place, _ = words(events)[0]
    before, after = record_before(events, place), record_after(events, place)
    assert after.breakers.losses_in_a_row == before.breakers.losses_in_a_row + 1


def test_it_replays_to_the_byte(run: Path) -> None:
    assert replay([str(run), "--quiet"]) == 0


@pytest.mark.slow
def test_killed_at_any_event_around_a_word_it_goes_on_to_the_same_end(run: Path, tmp_path: Path) -> None:
    events = journaled(run)
    place, _ = words(events)[0]
    last = next(i for i, event in enumerate(events[place:], start=place) if isinstance(event.event, CycleRecord))
    for count in sorted({place, place + 1, place + 2, last, last + 1}):
        folder = tmp_path / f"killed-{count}"
        killed(folder, count)
        assert journaled(folder) == events[:count]
        assert replay([str(folder), "--quiet"]) == 9
        resumed(folder)
        assert journaled(folder) == events
