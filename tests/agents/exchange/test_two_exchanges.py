"""A session on two exchanges: each entry to the cheapest, each exit to where the position lies, whatever befalls either."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from halt_support import journaled
from two_exchanges import FIRST, OURS, SECOND, TwoLived

from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord, SessionEnd
from agents.replay import main as replay
from config.frozen import Journaled
from execution.account.agreement import AccountDrift
from execution.account.routing.routed import Routed
from execution.journal.chain import Journal
from execution.kill_switch.halting import Halt, HaltEvent, Reading
from execution.reports import LOOK, Fill, SentOrder, VenueWord
from market.book import Book, Level

KEY = "cd" * 32
D = Decimal


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[TwoLived, Path]:
    """The session that nothing befalls."""
    folder = tmp_path_factory.mktemp("two") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        return _lived(folder), folder


def _lived(folder: Path, kill_at: int | None = None) -> TwoLived:
    lived = TwoLived()
    lived.go_on(folder, kill_at)
    return lived


def events_of(folder: Path) -> list[Journaled]:
    return [found.event for found in journaled(folder)]


def fills_of(events: Sequence[Journaled]) -> list[Fill]:
    """Each fill once, as the journal tells them."""
    found = {
        (fill.account, fill.symbol, fill.trade_id): fill
        for event in events
        if isinstance(event, VenueWord)
        for fill in event.report.fills
    }
    return list(found.values())


def held(lived: TwoLived, folder: Path) -> None:
    """What holds of every session on two exchanges, at its end."""
    assert lived.end is not None
    assert lived.ledger is not None
    assert {name: often for name, often in lived.exchange.sent.items() if often != 1} == {}, "sent twice"
    for name, exchange in lived.exchange.both.items():
        account = asyncio.run(exchange.account())
        owned = lived.ledger.owned_at(name)
        assert account.cash == lived.ledger.cash_at(name)
        assert {s: account.held[s] - more for s, more in OURS.items()} == {s: owned.get(s, D(0)) for s in OURS}
    assert asyncio.run(lived.exchange.unprotected()) == {}
    events = events_of(folder)
    assert [event for event in events if isinstance(event, AccountDrift)] == []
    nothing_is_sold_where_it_does_not_lie(fills_of(events))
    entries_are_routed(events)


def nothing_is_sold_where_it_does_not_lie(fills: Sequence[Fill]) -> None:
    lies: dict[tuple[str, str], Decimal] = defaultdict(D)
    for fill in fills:
        place = fill.account, fill.symbol
        lies[place] += fill.quantity if fill.side == "buy" else -fill.quantity
        assert lies[place] >= 0, f"{fill.symbol} sold at {fill.account}, where it does not lie"
        assert sum(quantity > 0 for (_, symbol), quantity in lies.items() if symbol == fill.symbol) <= 1


def entries_are_routed(events: Sequence[Journaled]) -> None:
    """Each entry goes to the exchange that was chosen for it last, and so do the pieces in which it is bought."""
    chosen: dict[str, str | None] = {}
    for event in events:
        if isinstance(event, Routed):
            chosen[event.decision_id] = event.chosen
        elif isinstance(event, SentOrder) and not event.reduce_only:
            assert event.account == chosen[event.decision_id]


def entries_of(events: Sequence[Journaled]) -> dict[str, set[str]]:
    """The exchanges to which the entry of each decision went."""
    found: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if isinstance(event, SentOrder) and not event.reduce_only:
            found[event.decision_id].add(event.account)
    return dict(found)


@pytest.mark.slow
def test_entries_go_to_the_cheaper_exchange_and_replay_to_the_byte(whole: tuple[TwoLived, Path]) -> None:
    lived, folder = whole
    held(lived, folder)
    events = events_of(folder)
    assert len(fills_of(events)) > 4
    routes = [event for event in events if isinstance(event, Routed)]
    assert {event.chosen for event in routes if len(event.candidates) == 2} == {SECOND}
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.slow
def test_what_the_cheaper_exchange_has_no_money_for_goes_to_the_other_one(tmp_path: Path) -> None:
    lived = TwoLived(second_cash="250")  # too little for all of it, so both trade
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    assert {fill.account for fill in fills_of(events_of(tmp_path / "run"))} == {FIRST, SECOND}
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_what_an_exchange_refuses_goes_to_the_next_one_under_another_id(tmp_path: Path) -> None:
    lived = TwoLived()
    lived.second.refuses = True
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    events = events_of(tmp_path / "run")
    fills = fills_of(events)
    assert fills
    assert {fill.account for fill in fills} == {FIRST}
    assert all(SECOND in places for places in entries_of(events).values())
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_an_entry_of_unknown_fate_is_never_sent_elsewhere(tmp_path: Path) -> None:
    lived = TwoLived()
    lived.second.loses_entries = True
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    events = events_of(tmp_path / "run")
    assert fills_of(events)
    assert {len(places) for places in entries_of(events).values()} == {1}
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def _first_fill(folder: Path) -> int:
    """The number of the bar after which the first fill was heard."""
    bars = 0
    for event in events_of(folder):
        bars += isinstance(event, CycleRecord)
        if isinstance(event, VenueWord) and event.report.fills:
            return bars
    raise AssertionError


@pytest.mark.slow
@pytest.mark.parametrize("after", [-1, 0, 1])
def test_an_exchange_that_goes_away_around_a_fill_keeps_its_positions_and_takes_no_entry(
    whole: tuple[TwoLived, Path], tmp_path: Path, after: int
) -> None:
    begin = _first_fill(whole[1]) + after
    lived = TwoLived()

    def befall(number: int) -> None:
        if number == begin:
            lived.second.go()
        if number == begin + 6:
            lived.second.come()

    lived.exchange.before = befall
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_an_exchange_that_is_away_from_the_start_takes_nothing_and_the_other_one_all(tmp_path: Path) -> None:
    lived = TwoLived()
    lived.second.go()
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    events = events_of(tmp_path / "run")
    assert {fill.account for fill in fills_of(events)} == {FIRST}
    unwell = [event.unwell for event in events if isinstance(event, Routed)]
    assert unwell
    assert all(set(each) == {SECOND} for each in unwell)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def _killed(whole: tuple[TwoLived, Path], tmp_path: Path, count: int, *again: int) -> None:
    lived, folder = TwoLived(), tmp_path / f"killed-{count}"
    for more in (0, *again):
        lived.go_on(folder, count + more)
    lived.go_on(folder)
    held(lived, folder)
    end, expected = events_of(folder)[-1], events_of(whole[1])[-1]
    assert isinstance(end, SessionEnd)
    assert isinstance(expected, SessionEnd)
    assert end.bars == expected.bars
    assert replay([str(folder), "--quiet"]) == 0


@pytest.mark.long
def test_killed_around_its_first_choice_it_settles_at_the_exchange_that_was_chosen(
    whole: tuple[TwoLived, Path], tmp_path: Path
) -> None:
    first = next(number for number, event in enumerate(events_of(whole[1])) if isinstance(event, Routed))
    for count in range(first, first + 8):
        _killed(whole, tmp_path, count)


@pytest.mark.slow
def test_killed_again_while_it_comes_back_it_does_the_same(whole: tuple[TwoLived, Path], tmp_path: Path) -> None:
    first = next(number for number, event in enumerate(events_of(whole[1])) if isinstance(event, Routed))
    _killed(whole, tmp_path, first + 1, 0, 1, 2)


@pytest.mark.long
def test_killed_at_every_event_it_comes_back_with_nothing_twice_and_nothing_lost(
    whole: tuple[TwoLived, Path], tmp_path: Path
) -> None:
    for count in range(3, len(events_of(whole[1])), int(os.environ.get("KILL_EVERY", "3"))):
        _killed(whole, tmp_path, count)


class FallsAt:
    """A kill switch that falls at its n-th look, and sells."""

    def __init__(self, look: int) -> None:
        self._look = look

    def read(self, look: int) -> Reading:
        down = Halt(scope="all", who="a drill", given_utc=None, why="a drill", flatten=True)
        return Reading((down,) if look >= self._look else ())


@pytest.mark.slow
def test_the_kill_switch_sells_at_each_exchange_what_lies_there_and_says_flat_when_both_do(
    whole: tuple[TwoLived, Path], tmp_path: Path
) -> None:
    lived = TwoLived(second_cash="250")
    lived.switch = FallsAt(2 * _first_fill(whole[1]) + 8)
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    assert lived.ledger is not None
    assert not lived.ledger.positions()
    events = events_of(tmp_path / "run")
    flat = [number for number, event in enumerate(events) if isinstance(event, HaltEvent) and event.action == "flat"]
    assert len(flat) == 1
    assert not [event for event in events[flat[0] :] if isinstance(event, VenueWord) and event.report.fills]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_flat_is_not_said_while_one_exchange_is_away_with_a_position(
    whole: tuple[TwoLived, Path], tmp_path: Path
) -> None:
    begin = _first_fill(whole[1]) + 1
    lived = TwoLived()
    lived.switch = FallsAt(2 * begin + 4)
    lived.exchange.before = lambda number: lived.second.go() if number == begin else None
    lived.go_on(tmp_path / "run")
    events = events_of(tmp_path / "run")
    assert [event for event in events if isinstance(event, HaltEvent) and event.action == "halted"]
    assert not [event for event in events if isinstance(event, HaltEvent) and event.action == "flat"]
    assert asyncio.run(lived.exchange.unprotected()) == {}
    nothing_is_sold_where_it_does_not_lie(fills_of(events))
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def test_a_book_that_is_not_the_one_of_that_time_is_found_by_the_choice_that_follows_from_it(
    whole: tuple[TwoLived, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A forger who has the key of the journal, and makes the book of an exchange dearer than it was."""
    events, changed = events_of(whole[1]), False
    before_choice = next(number for number, event in enumerate(events) if isinstance(event, Routed))
    looks = [
        n for n, event in enumerate(events[:before_choice]) if isinstance(event, VenueWord) and event.asked == LOOK
    ]
    (tmp_path / "run").mkdir()
    journal = Journal(tmp_path / "run" / JOURNAL, bytes.fromhex(KEY), 1)
    for number, event in enumerate(events):
        if number == looks[-1] and isinstance(event, VenueWord):
            books = event.report.books_at[SECOND]
            dearer = {
                symbol: Book(book.bids, tuple(_dearer(level) for level in book.asks)) for symbol, book in books.items()
            }
            told = {**event.report.books_at, SECOND: dearer}
            report = event.report.model_copy(update={"books_at": told})
            journal.append(event.model_copy(update={"report": report}))
            changed = True
        else:
            journal.append(event)
    journal.close()
    assert changed
    assert replay([str(tmp_path / "run"), "--quiet"]) != 0
    assert "routed" in capsys.readouterr().out


def _dearer(level: Level) -> Level:
    return Level(level.price * D("1.0005"), level.quantity)
