"""A session on an exchange whose journal cannot be written: it opens nothing, sells what it holds, and its journal is whole again
when the disk is."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from exchange_session import Lived
from faulty_disk import locked, no_room
from halt_support import journaled
from storm import Storm

from agents.records.record import CycleRecord
from agents.replay import main as replay
from config.errors import OutputFault
from config.frozen import Journaled
from config.secrets import journal_key
from execution.journal.rescue import take_in
from execution.kill_switch.halting import HaltEvent
from execution.kill_switch.storage import JOURNAL_LOST
from execution.reports import VenueWord
from execution.venues.durable import UNSENT
from risk.order import Order, Purpose


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)


def never(event: Journaled) -> bool:
    return False


def is_entry(event: Journaled) -> bool:
    return isinstance(event, Order) and not event.reduce_only


def is_record_with_a_position(event: Journaled) -> bool:
    return isinstance(event, CycleRecord) and bool(event.portfolio.positions)


def after_bars(count: int) -> Callable[[Journaled], bool]:
    """Says when so many records came while it was asked."""
    left = count

    def came(event: Journaled) -> bool:
        nonlocal left
        left -= isinstance(event, CycleRecord)
        return left < 0

    return came


def orders(events: list[Journaled]) -> list[Order]:
    return [event for event in events if isinstance(event, Order)]


def halts(folder: Path) -> list[tuple[str, list[str]]]:
    events = [each.event for each in journaled(folder)]
    return [(each.action, [halt.scope for halt in each.halts]) for each in events if isinstance(each, HaltEvent)]


Fault = Callable[[Path], AbstractContextManager[None]]


@pytest.mark.slow
@pytest.mark.parametrize("fault", [no_room, locked])
def test_what_is_held_is_protected_and_sold_and_nothing_is_opened_until_the_journal_is_back(
    tmp_path: Path, fault: Fault
) -> None:
    storm = Storm(fault, is_record_with_a_position, after_bars(40))
    lived = Lived().go_on(tmp_path / "run", storm=storm)
    assert storm.state == "over"
    sent = [order for order in orders(storm.meanwhile) if lived.exchange.sent[order.order_id]]
    assert {order.purpose for order in sent} & {Purpose.STRATEGY_EXIT, Purpose.STOP_LOSS, Purpose.HORIZON_EXIT}
    assert all(order.reduce_only for order in sent)
    assert asyncio.run(lived.exchange.unprotected()) == {}
    assert [word.partition(" ")[0] for word in storm.told] == ["CRITICAL", "INFO"]
    assert halts(tmp_path / "run") == [("halted", [JOURNAL_LOST]), ("resumed", [])]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
    every = orders([each.event for each in journaled(tmp_path / "run")])
    last = next(number for number, order in enumerate(every) if order.order_id == sent[-1].order_id)
    assert any(not order.reduce_only for order in every[last:]), "new risk is taken again"


@pytest.mark.slow
def test_an_entry_whose_intent_cannot_be_written_is_not_sent(tmp_path: Path) -> None:
    storm = Storm(no_room, is_entry, after_bars(2))
    lived = Lived().go_on(tmp_path / "run", storm=storm)
    entry = storm.meanwhile[0]
    assert isinstance(entry, Order)
    assert lived.exchange.sent[entry.order_id] == 0
    answer = storm.meanwhile[1]
    assert isinstance(answer, VenueWord)
    assert [state.note for state in answer.report.states] == [UNSENT]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("begins", [is_entry, is_record_with_a_position])
def test_killed_without_its_journal_it_takes_the_rescue_file_in_and_goes_on(
    tmp_path: Path, begins: Callable[[Journaled], bool]
) -> None:
    folder, first = tmp_path / "run", Storm(no_room, begins, never)
    whole = Storm(no_room, begins, after_bars(6))
    Lived().go_on(tmp_path / "whole", storm=whole)
    before = len(journaled(tmp_path / "whole")) // 2
    begun = next(number for number, each in enumerate(journaled(tmp_path / "whole")) if begins(each.event))
    lived = Lived()
    lived.go_on(folder, begun + 30, first)
    first.pass_by()
    assert len(journaled(folder)) == begun
    assert before > begun
    assert take_in(folder / "journal.db", journal_key(), folder / "state") == 30
    lived.go_on(folder, storm=Storm(no_room, never, never))
    assert {name: often for name, often in lived.exchange.sent.items() if often > 1} == {}
    assert asyncio.run(lived.exchange.unprotected()) == {}
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.slow
def test_a_session_that_ends_without_its_journal_is_a_fault_of_the_output_and_can_be_shown_later(
    tmp_path: Path,
) -> None:
    folder, storm = tmp_path / "run", Storm(locked, is_record_with_a_position, never)
    with pytest.raises(OutputFault, match="resume the run; it takes them in"):
        Lived().go_on(folder, storm=storm)
    storm.pass_by()
    assert take_in(folder / "journal.db", journal_key(), folder / "state") == len(storm.meanwhile)
    assert replay([str(folder), "--quiet"]) == 0
