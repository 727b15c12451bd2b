"""A journal that cannot be written: what waits is kept in order, and written when it can be. The faults are real ones."""

import sqlite3
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from faulty_disk import locked, no_file_grows, no_room

from config.errors import JournalFault, OutputFault
from config.frozen import Journaled
from execution.journal.chain import Journal, read_rows
from execution.journal.lasting import LastingJournal
from execution.journal.rescue import rescue_file, take_in
from execution.kill_switch.halting import HaltEvent

KEY = b"k" * 32
AT = datetime(2024, 3, 1, tzinfo=UTC)
EARLY, MANY = 20, 30


def event(number: int) -> Journaled:
    """An event of 2.5 kB."""
    return HaltEvent(action="flat", look=number + 10**2500, as_of_utc=AT)


class World:
    """A session's journal in a folder, with a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.path, self.state = folder / "journal.db", folder / "state"
        self.told: list[str] = []
        self.time = AT
        self.sink = LastingJournal(Journal(self.path, KEY, 1), self.path, self.state, self, self.told.append)
        self.sink.append(event(1))
        self.sink.outlive()

    def now(self) -> datetime:
        return self.time

    def say(self, first: int, last: int) -> list[int]:
        return [self.sink.append(event(number)) for number in range(first, last + 1)]

    def looks(self) -> list[int]:
        return [int(row.payload.split(b'"look":')[1].split(b",")[0]) - 10**2500 for row in read_rows(self.path, KEY)]

    @property
    def rescue(self) -> Path:
        return rescue_file(self.state, self.path)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("fault", [no_room, no_file_grows, locked])
def test_what_a_faulty_disk_refused_is_in_the_journal_when_it_can_be_written(world: World, fault: Any) -> None:
    world.say(2, EARLY)
    trouble: AbstractContextManager[None] = fault(world.path)
    with trouble:
        assert world.say(EARLY + 1, MANY) == list(range(EARLY + 1, MANY + 1))
        assert world.sink.lost is not None
        assert len(world.told) == 1
        assert world.told[0].startswith("CRITICAL 2024-03-01 00:00 UTC: The journal")
    written = len(list(read_rows(world.path, KEY)))
    assert written < MANY
    assert len(world.rescue.read_bytes().splitlines()) == MANY - written
    world.time += timedelta(seconds=2)
    world.say(MANY + 1, MANY + 1)
    assert world.sink.lost is None
    assert world.told[1].startswith("INFO")
    assert world.looks() == list(range(1, MANY + 2))
    assert not world.rescue.exists()
    world.say(MANY + 2, MANY + 2)
    world.sink.close()
    assert world.looks() == list(range(1, MANY + 3))


def test_the_journal_is_tried_again_after_pauses_that_grow(world: World) -> None:
    with locked(world.path):
        world.say(2, 2)
        tries = []
        for _ in range(200):
            world.time += timedelta(seconds=1)
            before = datetime.now(UTC)
            world.sink.try_again()
            if datetime.now(UTC) - before > timedelta(seconds=0.09):
                tries.append((world.time - AT).total_seconds())
    assert tries == [1, 3, 7, 15, 31, 63, 123, 183]


def test_a_session_that_has_not_begun_ends_with_its_journal(world: World) -> None:
    journal = Journal(world.path.with_name("other.db"), KEY, 1)
    sink = LastingJournal(journal, world.path.with_name("other.db"), world.state, world, world.told.append)
    sink.append(event(1))
    with no_room(journal.path), pytest.raises(OutputFault, match="cannot be written"):
        sink.append(event(2))
    assert world.told == []
    sink.abandon()


def test_a_session_that_ends_without_its_journal_says_where_the_rest_lies_and_it_is_taken_in(world: World) -> None:
    with locked(world.path):
        world.say(2, 5)
        with pytest.raises(OutputFault) as fault:
            world.sink.close()
        assert str(world.rescue) in str(fault.value)
        world.sink.abandon()
    assert len(world.told) == 1
    assert world.looks() == [1]
    assert take_in(world.path, KEY, world.state) == 4
    assert world.looks() == [1, 2, 3, 4, 5]
    assert not world.rescue.exists()
    assert take_in(world.path, KEY, world.state) == 0


def test_a_line_that_was_cut_off_is_not_taken_in(world: World) -> None:
    with no_room(world.path):
        world.say(2, 5)
        world.sink.abandon()
    world.rescue.write_bytes(world.rescue.read_bytes()[:-9])
    assert take_in(world.path, KEY, world.state) == 3
    assert world.looks() == [1, 2, 3, 4]


@pytest.mark.parametrize(("old", "new"), [(b'"seq": 3', b'"seq": 4'), (b"flat", b"fled"), (b'"mac": "', b'"mac": "0')])
def test_a_rescue_file_that_was_changed_is_refused_and_the_journal_stays(world: World, old: bytes, new: bytes) -> None:
    with no_room(world.path):
        world.say(2, 5)
        world.sink.abandon()
    world.rescue.write_bytes(world.rescue.read_bytes().replace(old, new))
    with pytest.raises(JournalFault, match="does not go on where"):
        take_in(world.path, KEY, world.state)
    assert world.looks() == [1]


def test_a_file_that_was_changed_meanwhile_is_not_written_again(world: World) -> None:
    world.say(2, 5)
    with no_room(world.path):
        world.say(6, 7)
    with closing(sqlite3.connect(world.path)) as other:
        other.execute("DROP TRIGGER no_delete")
        other.execute("DELETE FROM events WHERE seq = 5")
        other.commit()
    world.time += timedelta(seconds=2)
    world.say(8, 8)
    assert world.sink.lost is not None
    assert world.looks() == [1, 2, 3, 4]
    assert len(world.rescue.read_bytes().splitlines()) == 3


def test_a_write_that_failed_and_yet_arrived_is_not_written_twice(world: World) -> None:
    with locked(world.path):
        world.say(2, 4)
    journal = world.sink._journal
    with closing(sqlite3.connect(world.path)) as other:
        other.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", journal.waiting[:2])
        other.commit()
    world.time += timedelta(seconds=2)
    world.say(5, 5)
    assert world.sink.lost is None
    assert world.looks() == [1, 2, 3, 4, 5]


def test_without_a_rescue_file_it_goes_on_in_memory_and_says_so_once(world: World) -> None:
    world.state.write_text("this is no folder")
    with no_room(world.path):
        world.say(2, 5)
    assert [word.partition(":")[0] for word in world.told] == ["CRITICAL 2024-03-01 00"] * 2
    assert "cannot be written either" in world.told[1]
    world.time += timedelta(seconds=2)
    world.sink.try_again()
    assert world.looks() == [1, 2, 3, 4, 5]


def test_a_torn_log_is_cut_back_and_nothing_is_lost(world: World) -> None:
    world.say(2, 5)
    with no_room(world.path):
        world.say(6, 7)
    with world.path.with_name("journal.db-wal").open("ab") as log:
        log.write(b"half of a frame" * 99)
    world.time += timedelta(seconds=2)
    world.sink.try_again()
    assert world.looks() == [1, 2, 3, 4, 5, 6, 7]
