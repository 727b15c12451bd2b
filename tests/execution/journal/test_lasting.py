"""A journal that cannot be written: what waits is kept in order, and written when it can be. The faults are real ones."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from pathlib import Path
from typing import Any

import faulty_server
import pytest
from faulty_disk import locked, no_file_grows, no_room

from config.errors import JournalFault, OutputFault
from config.frozen import Journaled
from execution.journal.chain import Journal, read_rows
from execution.journal.lasting import LastingJournal
from execution.journal.rescue import rescue_file, take_in
from execution.journal.rows import Row
from execution.journal.stores.pointer import POINTER, read_pointer
from execution.kill_switch.halting import Halt, HaltEvent

KEY = b"k" * 32
AT = datetime(2024, 3, 1, tzinfo=UTC)
EARLY, MANY = 20, 30
SERVER_FAULTS = ("killed", "frozen", "cut", "read_only", "no_room", "locked")


def event(number: int) -> Journaled:
    """An event of 2.5 kB that no database can make smaller."""
    return HaltEvent(action="flat", look=number, as_of_utc=AT, halts=(_long_halt(number),))


def _long_halt(number: int) -> Halt:
    why = shake_256(str(number).encode()).hexdigest(1200)
    return Halt(scope="all", who="ann", given_utc=AT, why=why, flatten=False)


class World:
    """A session's journal in a folder, with a clock that is moved by hand. `database`: where it lies; None for a file."""

    def __init__(self, folder: Path, database: Any = None) -> None:
        self.database = database
        self.url = None if database is None else database.url
        self.path, self.state = folder / ("journal.db" if database is None else POINTER), folder / "state"
        self.told: list[str] = []
        self.time = AT
        self.sink = LastingJournal(Journal(self.path, KEY, 1, self.url), self.path, self.state, self, self.told.append)
        self.sink.append(event(1))
        self.sink.outlive()

    def trouble(self) -> AbstractContextManager[None]:
        """The journal cannot be written, and can be read."""
        return no_room(self.path) if self.database is None else faulty_server.read_only(self.database)

    def later(self, tries: int = 100) -> None:
        """Time passes until the journal is written again: a database that is busy may need more than one try."""
        for _ in range(tries):
            self.time += timedelta(minutes=2)
            self.sink.try_again()
            if self.sink.lost is None:
                return
            time.sleep(0.02)

    def lasting_trouble(self) -> AbstractContextManager[None]:
        """The same, and opening it anew does not help."""
        return locked(self.path) if self.database is None else self.trouble()

    def remove(self, seq: int) -> None:
        """Somebody who may do anything removes an event."""
        if self.database is None:
            with closing(sqlite3.connect(self.path)) as other:
                other.execute("DROP TRIGGER no_delete")
                other.execute("DELETE FROM events WHERE seq = ?", (seq,))
                other.commit()
            return
        with self.database.admin() as other:
            other.execute("ALTER TABLE journal_events DISABLE TRIGGER append_only")
            other.execute("DELETE FROM journal_events WHERE seq = %s", (seq,))

    def arrive(self, rows: Sequence[Row]) -> None:
        """What the journal sent is there after all."""
        if self.database is None:
            with closing(sqlite3.connect(self.path)) as other:
                other.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)
                other.commit()
            return
        run = read_pointer(self.path).run
        with self.database.admin() as other:
            for row in rows:
                other.execute("INSERT INTO journal_events VALUES (%s, 0, %s, %s, %s, %s)", (run, *row))

    def now(self) -> datetime:
        return self.time

    def say(self, first: int, last: int) -> list[int]:
        return [self.sink.append(event(number)) for number in range(first, last + 1)]

    def looks(self) -> list[int]:
        return [int(row.payload.split(b'"look":')[1].split(b",")[0]) for row in read_rows(self.path, KEY)]

    @property
    def rescue(self) -> Path:
        return rescue_file(self.state, self.path)


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("database"))


@pytest.fixture
def in_file(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def in_database(tmp_path: Path, database: Any) -> World:
    return World(tmp_path, database)


@pytest.mark.parametrize("fault", [no_room, no_file_grows, locked])
def test_what_a_faulty_disk_refused_is_in_the_journal_when_it_can_be_written(in_file: World, fault: Any) -> None:
    outlived(in_file, fault(in_file.path))


@pytest.mark.slow
@pytest.mark.parametrize("fault", [getattr(faulty_server, name) for name in SERVER_FAULTS], ids=SERVER_FAULTS)
def test_what_a_faulty_server_refused_is_in_the_journal_when_it_can_be_written(in_database: World, fault: Any) -> None:
    outlived(in_database, fault(in_database.database))


def outlived(world: World, trouble: AbstractContextManager[None]) -> None:
    """The journal is lost in the trouble and whole after it."""
    world.say(2, EARLY)
    with trouble:
        assert world.say(EARLY + 1, MANY) == list(range(EARLY + 1, MANY + 1))
        assert world.sink.lost is not None
        assert len(world.told) == 1
        assert world.told[0].startswith("CRITICAL 2024-03-01 00:00 UTC: The journal")
    written = len(list(read_rows(world.path, KEY)))
    assert written < MANY
    rescued = len(world.rescue.read_bytes().splitlines())
    assert (
        MANY - written <= rescued <= MANY - EARLY
    )  # a server that wakes up may do what it was asked before it fell asleep
    world.later()
    world.say(MANY + 1, MANY + 1)
    assert world.sink.lost is None
    assert world.told[1].startswith("INFO")
    assert world.looks() == list(range(1, MANY + 2))
    assert not world.rescue.exists()
    world.say(MANY + 2, MANY + 2)
    world.sink.close()
    assert world.looks() == list(range(1, MANY + 3))


def test_the_journal_is_tried_again_after_pauses_that_grow(in_file: World) -> None:
    with locked(in_file.path):
        in_file.say(2, 2)
        tries = []
        for _ in range(200):
            in_file.time += timedelta(seconds=1)
            before = datetime.now(UTC)
            in_file.sink.try_again()
            if datetime.now(UTC) - before > timedelta(seconds=0.09):
                tries.append((in_file.time - AT).total_seconds())
    assert tries == [1, 3, 7, 15, 31, 63, 123, 183]


def test_a_session_that_has_not_begun_ends_with_its_journal(world: World) -> None:
    path = world.path.parent / "other" / world.path.name
    path.parent.mkdir()
    sink = LastingJournal(Journal(path, KEY, 1, world.url), path, world.state, world, world.told.append)
    sink.append(event(1))
    trouble = no_room(path) if world.database is None else world.trouble()
    with trouble, pytest.raises(OutputFault, match="cannot be written"):
        sink.append(event(2))
    assert world.told == []
    sink.abandon()


def test_a_session_that_ends_without_its_journal_says_where_the_rest_lies_and_it_is_taken_in(world: World) -> None:
    with world.lasting_trouble():
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
    with world.trouble():
        world.say(2, 5)
        world.sink.abandon()
    world.rescue.write_bytes(world.rescue.read_bytes()[:-9])
    assert take_in(world.path, KEY, world.state) == 3
    assert world.looks() == [1, 2, 3, 4]


@pytest.mark.parametrize(("old", "new"), [(b'"seq": 3', b'"seq": 4'), (b"flat", b"fled"), (b'"mac": "', b'"mac": "0')])
def test_a_rescue_file_that_was_changed_is_refused_and_the_journal_stays(world: World, old: bytes, new: bytes) -> None:
    with world.trouble():
        world.say(2, 5)
        world.sink.abandon()
    world.rescue.write_bytes(world.rescue.read_bytes().replace(old, new))
    with pytest.raises(JournalFault, match="does not go on where"):
        take_in(world.path, KEY, world.state)
    assert world.looks() == [1]


def test_a_journal_that_was_changed_meanwhile_is_not_written_again(world: World) -> None:
    world.say(2, 5)
    with world.trouble():
        world.say(6, 7)
    world.remove(5)
    world.later(tries=5)
    world.say(8, 8)
    assert world.sink.lost is not None
    assert world.looks() == [1, 2, 3, 4]
    assert len(world.rescue.read_bytes().splitlines()) == 3


def test_a_write_that_failed_and_yet_arrived_is_not_written_twice(world: World) -> None:
    with world.trouble():
        world.say(2, 4)
    world.arrive(world.sink._journal.waiting[:2])
    world.later()
    world.say(5, 5)
    assert world.sink.lost is None
    assert world.looks() == [1, 2, 3, 4, 5]


def test_without_a_rescue_file_it_goes_on_in_memory_and_says_so_once(world: World) -> None:
    world.state.write_text("this is no folder")
    with world.trouble():
        world.say(2, 5)
    assert [word.partition(":")[0] for word in world.told] == ["CRITICAL 2024-03-01 00"] * 2
    assert "cannot be written either" in world.told[1]
    world.later()
    assert world.looks() == [1, 2, 3, 4, 5]


def test_a_torn_log_is_cut_back_and_nothing_is_lost(in_file: World) -> None:
    in_file.say(2, 5)
    with no_room(in_file.path):
        in_file.say(6, 7)
    with in_file.path.with_name("journal.db-wal").open("ab") as log:
        log.write(b"half of a frame" * 99)
    in_file.time += timedelta(seconds=2)
    in_file.sink.try_again()
    assert in_file.looks() == [1, 2, 3, 4, 5, 6, 7]
