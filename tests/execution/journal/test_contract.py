"""What every sink keeps: numbers that rise by one, and events that stay in order and what they are, written or compared."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from implementations import implementations

from agents.outages.alert import Alert
from config.clock import SystemClock
from config.errors import JournalFault
from config.frozen import Journaled
from execution.journal.chain import Journal, read_rows
from execution.journal.event import Sink
from execution.journal.stores.pointer import POINTER
from execution.kill_switch.halting import Halt, HaltEvent

KEY = b"k" * 32
AT = datetime(2024, 3, 1, tzinfo=UTC)


def halted(number: int) -> HaltEvent:
    halt = Halt(scope="all", who="ann", given_utc=AT, why=f"reason {number}: ünïcode \x00 and \n lines", flatten=False)
    return HaltEvent(action="halted", look=number, as_of_utc=AT + timedelta(hours=number), halts=(halt,))


def alerted(number: int) -> Alert:
    return Alert(at_utc=AT + timedelta(hours=number), code="budget_near", severity="warning", text=f"alert {number}")


EVENTS: tuple[Journaled, ...] = (halted(1), alerted(2), halted(3), halted(3), alerted(4))
"""What a session says; twice the same is two events."""


class Place(NamedTuple):
    """Where a journal lies: its path, and the database that the path then names."""

    path: Path
    url: str | None

    def journal(self, group: int) -> Journal:
        return Journal(self.path, KEY, group, self.url)


Build = Callable[[Place, Sequence[Journaled]], Any]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(tmp_path / "journal.db", None)
    return Place(tmp_path / POINTER, request.getfixturevalue("database").url)


def written(place: Place, events: Sequence[Journaled]) -> Path:
    """A journal of these events, whose session was cut short."""
    journal = place.journal(1)
    for event in events:
        journal.append(event)
    journal.close()
    return place.path


def rows(path: Path) -> list[tuple[int, str, bytes]]:
    return [(row.seq, row.kind, row.payload) for row in read_rows(path, KEY)]


def said(events: Sequence[Journaled]) -> list[tuple[int, str, bytes]]:
    """The rows that a journal of these events has."""
    return [(seq, event.written_kind(), event.canonical()) for seq, event in enumerate(events, 1)]


def fresh(place: Place, past: Sequence[Journaled]) -> Journal:
    return place.journal(2)


def fanned_out(place: Place, past: Sequence[Journaled]) -> Any:
    return import_module("execution.journal.event").Fanout(fresh(place, past), (), lambda told: None)


def lasting(place: Place, past: Sequence[Journaled]) -> Any:
    made = import_module("execution.journal.lasting").LastingJournal
    return made(fresh(place, past), place.path, place.path.parent, SystemClock(), lambda told: None)


def overheard(place: Place, past: Sequence[Journaled]) -> Any:
    made = import_module("agents.desk.clocked.figures")
    return made.Overheard(fresh(place, past), made.Falls(timedelta(minutes=5)), made.OrderRate(1))


def counting(place: Place, past: Sequence[Journaled]) -> Any:
    return import_module("evidence.worlds.engine").Nowhere()


def attempting(place: Place, past: Sequence[Journaled]) -> Any:
    return import_module("evidence.worlds.asked")._Attempts()


def filling(place: Place, past: Sequence[Journaled]) -> Any:
    return import_module("rl.environment.contracts.account")._Fills()


def resuming(place: Place, past: Sequence[Journaled]) -> Any:
    return import_module("agents.recorded.resumed").ResumingSink(written(place, past), KEY, 1)


def compared(place: Place, past: Sequence[Journaled]) -> Any:
    events = import_module("agents.records.events").read_events(written(place, past), KEY)
    world = import_module("agents.recorded.rerun").RecordedRun(events)
    assert world.next_bar() is None
    return world


WRITE: dict[str, Build] = {
    "execution.journal.chain.Journal": fresh,
    "execution.journal.event.Fanout": fanned_out,
    "execution.journal.lasting.LastingJournal": lasting,
    "agents.desk.clocked.figures.Overheard": overheard,
}
COUNT: dict[str, Build] = {
    "evidence.worlds.engine.Nowhere": counting,
    "evidence.worlds.asked._Attempts": attempting,
    "rl.environment.contracts.account._Fills": filling,
}
COMPARE: dict[str, Build] = {
    "agents.recorded.resumed.ResumingSink": resuming,
    "agents.recorded.rerun.RecordedRun": compared,
}
ALL = WRITE | COUNT | COMPARE
FOUND = sorted(implementations("append", "event"))


def those(kind: dict[str, Build]) -> pytest.MarkDecorator:
    """The sinks of a kind that the rooms have."""
    there = [name for name in FOUND if name in kind]
    return pytest.mark.parametrize(
        "build", [kind[name] for name in there], ids=[name.rpartition(".")[2] for name in there]
    )


def end(sink: Any) -> None:
    """Commit what is written and let go of the file, where there is one."""
    close = getattr(sink, "close", None) or getattr(
        getattr(sink, "_sink", getattr(sink, "_journal", None)), "close", None
    )
    if close is not None:
        close()


def test_every_sink_of_the_rooms_is_held_to_the_contract() -> None:
    assert set(FOUND) <= ALL.keys()
    assert len(FOUND) >= 5


@those(ALL)
def test_events_are_numbered_from_one_without_a_gap_and_stay_what_they_are(build: Build, place: Place) -> None:
    sink: Sink = build(place, EVENTS)
    before = [event.canonical() for event in EVENTS]
    assert [sink.append(event) for event in EVENTS] == [1, 2, 3, 4, 5]
    assert [event.canonical() for event in EVENTS] == before
    end(sink)


@those(WRITE)
def test_what_is_appended_is_what_is_read_in_its_order(build: Build, place: Place) -> None:
    sink = build(place, ())
    for event in EVENTS:
        sink.append(event)
    end(sink)
    assert rows(place.path) == said(EVENTS)


@those(COMPARE)
def test_what_is_compared_is_not_written_a_second_time(build: Build, place: Place) -> None:
    sink = build(place, EVENTS)
    for event in EVENTS:
        sink.append(event)
    end(sink)
    assert rows(place.path) == said(EVENTS)


OTHERS = {
    "another field": lambda: halted(1).model_copy(update={"look": 7}),
    "another reason": lambda: halted(1).model_copy(update={"halts": (halted(2).halts)}),
    "another kind": lambda: alerted(1),
    "the event after": lambda: EVENTS[1],
}


@those(COMPARE)
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_an_event_that_comes_out_otherwise_ends_it_and_leaves_the_journal_as_it_was(
    build: Build, other: Callable[[], Journaled], place: Place
) -> None:
    sink = build(place, EVENTS)
    difference = import_module("agents.recorded.rerun").Difference
    with pytest.raises((JournalFault, difference)):
        sink.append(other())
    end(sink)
    assert rows(place.path) == said(EVENTS)


def test_a_resumed_journal_goes_on_with_the_numbers_and_the_chain_of_the_old_one(place: Place) -> None:
    sink = resuming(place, EVENTS[:3])
    assert [sink.append(event) for event in EVENTS] == [1, 2, 3, 4, 5]
    sink.close()
    assert rows(place.path) == said(EVENTS)


def test_what_a_replay_says_beyond_its_journal_is_a_difference(place: Place) -> None:
    name = next(name for name in FOUND if name.startswith("agents.recorded.rerun."))
    world = COMPARE[name](place, EVENTS[:1])
    world.append(EVENTS[0])
    with pytest.raises(import_module("agents.recorded.rerun").Difference) as found:
        world.append(EVENTS[1])
    assert found.value.recorded is None


@those(COUNT)
def test_a_sink_that_only_counts_takes_whatever_comes(build: Build, tmp_path: Path) -> None:
    sink = build(Place(tmp_path / "none.db", None), ())
    assert [sink.append(alerted(number % 24)) for number in range(100)] == list(range(1, 101))
    assert not (tmp_path / "none.db").exists()


def test_the_file_is_made_as_every_version_has_made_it(tmp_path: Path) -> None:
    path = written(Place(tmp_path / "journal.db", None), EVENTS)
    with closing(sqlite3.connect(path)) as connection:
        made = [text for (text,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
    guard = "BEFORE {0} ON events BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    assert made == [
        "CREATE TABLE events (\n\tseq INTEGER NOT NULL, \n\tkind VARCHAR(24) NOT NULL, \n\tpayload BLOB NOT NULL, \n\t"
        "mac VARCHAR(64) NOT NULL, \n\tPRIMARY KEY (seq)\n)",
        f"CREATE TRIGGER no_update {guard.format('UPDATE')}",
        f"CREATE TRIGGER no_delete {guard.format('DELETE')}",
    ]
    assert path.read_bytes()[18:20] == b"\x01\x01"  # closed in order: no log beside it


@pytest.mark.parametrize(
    "name", ["x_?_y", "a%20b", "a#b", "a b", "\u00fc\u6f22", "a?mode=memory", "file:a", ":memory:", "a'b"]
)
def test_a_journal_lies_where_its_path_says_whatever_the_path_is(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    path = written(Place(tmp_path / name / "journal.db", None), EVENTS)
    assert rows(path) == said(EVENTS)
    assert [found.name for found in tmp_path.iterdir()] == [name]
    assert [found.name for found in path.parent.iterdir()] == ["journal.db"]
