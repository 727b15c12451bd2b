"""The kill switch on a real exchange whose answers are slow: it sells all markets together, and its journal replays to the
byte."""

from pathlib import Path

import pytest
from exchange_session import Lived
from halt_support import journaled

from agents.records.record import CycleRecord
from agents.replay import main as replay
from execution.kill_switch.halting import Halt, HaltEvent, Reading
from execution.reports import VenueWord
from risk.order import Order

SLOW_S = 0.02


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)


class FallsOnTwo:
    """A kill switch that falls when two markets are held, makes the exchange slow, and sells."""

    def __init__(self, lived: Lived) -> None:
        self._lived = lived
        self._is_down = False

    def read(self, look: int) -> Reading:
        ledger = self._lived.ledger
        if not self._is_down and (ledger is None or len(ledger.positions()) < 2):
            return Reading()
        self._is_down, self._lived.exchange.slow_s = True, SLOW_S
        return Reading((Halt(scope="all", who="a drill", given_utc=None, why="a drill", flatten=True),))


def sales(folder: Path) -> list[str]:
    """The journal from the halt to the end of being flat: intents and answers, by kind."""
    events = [each.event for each in journaled(folder)]
    begin = next(n for n, each in enumerate(events) if isinstance(each, HaltEvent))
    told = []
    for each in events[begin:]:
        if isinstance(each, Order):
            told.append("intent")
        elif isinstance(each, VenueWord):
            told.append(each.asked.partition(" ")[0])
        elif isinstance(each, CycleRecord):
            break
    return told


@pytest.mark.slow
def test_two_markets_take_the_time_of_one_and_the_journal_says_it_in_one_order(tmp_path: Path) -> None:
    lived, folder = Lived(), tmp_path / "run"
    lived.switch = FallsOnTwo(lived)
    lived.go_on(folder)
    told = sales(folder)
    first = told.index("intent")
    assert told[first : first + 4] == ["intent", "intent", "submit", "submit"], (
        "both intents are on disk before both answers"
    )
    assert lived.ledger is not None
    assert lived.ledger.positions() == ()
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.long
def test_killed_at_each_event_of_that_it_sends_no_sale_twice(tmp_path: Path) -> None:
    lived, folder = Lived(), tmp_path / "whole"
    lived.switch = FallsOnTwo(lived)
    lived.go_on(folder)
    begin = next(n for n, each in enumerate(journaled(folder)) if isinstance(each.event, HaltEvent))
    for count in range(begin, begin + len(sales(folder)) + 2):
        killed, place = Lived(), tmp_path / f"killed-{count}"
        killed.switch = FallsOnTwo(killed)
        killed.go_on(place, count)
        killed.go_on(place)
        assert {name: often for name, often in killed.exchange.sent.items() if often != 1} == {}, count
        assert killed.ledger is not None
        assert killed.ledger.positions() == (), count
        assert replay([str(place), "--quiet"]) == 0
