"""At an exchange that trades by itself and loses words, a close is done when the exchange has said so, and obeyed once."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from exchange_session import Lived
from run_support import said
from steered_session import entries, events_of, held_at, place, results

from agents.records.record import CycleRecord
from agents.records.registry import Recorded
from agents.records.steered import SteerDone, Steered
from execution.reports import SentOrder, VenueWord
from execution.steering.words import SteerVerb, word_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def asks(moment: datetime, words: list[tuple[SteerVerb, str]], heard: int = 0) -> Callable[[datetime], Steered | None]:
    """Words that are given after a moment of the session; `heard` of them are in its journal."""
    left = [word_of(verb, target, "ada", "cli", "to see", NOW) for verb, target in words[heard:]]
    return lambda at: Steered(at_utc=at, word=left.pop(0)) if left and at >= moment else None


def before(events: list[Recorded]) -> tuple[datetime, str]:
    """When something is held in a session that nobody steers, and in which market."""
    bar, symbol = held_at(events)[0]
    return next(record.as_of_utc for record in said(events, CycleRecord) if record.bar == bar), symbol


@pytest.fixture(scope="module")
def moment(tmp_path_factory: pytest.TempPathFactory) -> tuple[datetime, str]:
    folder = tmp_path_factory.mktemp("plain") / "run"
    Lived().go_on(folder)
    return before(events_of(folder))


@pytest.mark.slow
@pytest.mark.parametrize("loses", [0.0, 0.2])
def test_a_close_and_a_pause_are_done_on_the_exchanges_word(
    moment: tuple[datetime, str], tmp_path: Path, loses: float
) -> None:
    at, symbol = moment
    lived = Lived(loses)
    lived.asked = asks(at, [(SteerVerb.PAUSE, ""), (SteerVerb.CLOSE, symbol)])
    lived.go_on(tmp_path / "run")
    events = events_of(tmp_path / "run")
    first = place(events, Steered)
    assert sorted(results(events)) in (
        [("close", "done"), ("pause", "done")],
        [("close", "refused"), ("pause", "done")],
    )
    assert not entries(events[first:])
    close = next(done for done in said(events, SteerDone) if done.verb == "close")
    if close.outcome == "done":
        sold = [fill for word in said(events[first:], VenueWord) for fill in word.report.fills if fill.symbol == symbol]
        assert close.closed is not None
        assert close.closed == sum(fill.quantity for fill in sold)
        assert lived.ledger is not None
        assert not lived.ledger.holds(symbol)
    else:
        assert loses, "it is held where nothing is lost"


@pytest.mark.slow
def test_killed_after_any_event_of_a_close_it_is_obeyed_once(moment: tuple[datetime, str], tmp_path: Path) -> None:
    at, symbol = moment
    words = [(SteerVerb.CLOSE, symbol)]
    whole = Lived()
    whole.asked = asks(at, words)
    whole.go_on(tmp_path / "whole")
    events = events_of(tmp_path / "whole")
    first, last = place(events, Steered), place(events, SteerDone)
    for kept in range(first, last + 2):
        folder = tmp_path / f"killed-{kept}"
        lived = Lived()
        lived.asked = asks(at, words)
        lived.go_on(folder, kill_at=kept)
        lived.asked = asks(at, words, heard=len(said(events_of(folder), Steered)))
        lived.go_on(folder)
        again = events_of(folder)
        assert len(said(again, Steered)) == 1
        assert results(again) == [("close", "done")]
        ours = [order.order_id for order in said(again, SentOrder) if "-steer" in order.order_id]
        assert len(ours) == len(set(ours)) == 1
