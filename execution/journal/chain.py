"""The journal: one append-only, tamper-evident chain of everything that was seen, said, ruled, cut, sent and filled.

The last MAC is the journal's hash (`rows.py`). The rows lie in a store (`stores/`): a SQLite file, or a table of PostgreSQL. What
has been committed survives a power cut in both. Events are committed in groups of `group_commit`; where a real venue is involved
the group is one.

After a write that failed, the events wait in memory in their order, linked already. The next try opens the store anew and looks
at its end first: a failed write may have arrived in whole, and a store that was changed meanwhile is not written any more.

It refuses to overwrite a journal, and to read on after the first event that does not verify.
"""

import hmac
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from itertools import islice, pairwise
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from config.errors import JournalFault, OutputFault
from config.files import put_in_place
from config.frozen import Journaled
from execution.journal.rows import GENESIS, Row, keyed, linked
from execution.journal.stores import places, sqlite
from execution.journal.stores.pointer import is_pointer
from execution.journal.stores.store import Store, StoreFault

_TAKEN_AT_ONCE = 1024
_LOOKED_BACK = 1000
"""How many events before the end are verified again before a journal is written after a fault."""


class Head(NamedTuple):
    """The end of a journal: how many events it has, and the MAC of the last one."""

    events: int
    mac: str


NOTHING = Head(0, GENESIS)
"""The end of a journal that has no event."""


class _Changed(Exception):
    """The store does not end as it was written."""


class Journal:
    """Writes one run's chain. Not shared between threads or processes."""

    def __init__(self, path: Path, key: bytes, group_commit: int, url: str | None = None) -> None:
        """Begin it: in a new file, or in the database `url`, which a new file at `path` then names.

        Raises OutputFault if the file exists or cannot be created, or the database cannot be written.
        """
        try:
            store = places.begin(path, url)
        except FileExistsError:
            raise OutputFault(
                f"{path.name} exists already: a journal is never overwritten. Give another --out."
            ) from None
        except (OSError, StoreFault) as fault:
            raise _unwritable(path, fault, url) from fault
        self._open(path, key, group_commit, store, NOTHING)

    @classmethod
    def reopen(cls, path: Path, key: bytes, group_commit: int, head: str, count: int) -> "Journal":
        """Continue the journal of a run that was cut short; `head` and `count` are those of its last event."""
        journal = cls.__new__(cls)
        try:
            store = places.reopen(path)
        except StoreFault as fault:
            raise _unwritable(path, fault) from fault
        journal._open(path, key, group_commit, store, Head(count, head))
        return journal

    def _open(self, path: Path, key: bytes, group_commit: int, store: Store, began: Head) -> None:
        self.path = path
        self._store = store
        self._keyed = keyed(key)
        self._group = group_commit
        self._pending: list[Row] = []
        self.count, self.head = began
        self._written = began
        self._failed = False
        self.committed: Callable[[float], None] | None = None
        """Is told how long each commit took [s]; None where nobody measures."""

    def append(self, event: Journaled) -> int:
        """Add an event and return its number. It is durable when its group is committed (see `flush`)."""
        self.keep(event)
        if len(self._pending) >= self._group:
            self.flush()
        return self.count

    def keep(self, event: Journaled) -> None:
        """Add an event, and write nothing: it waits for the next `flush`."""
        kind, payload = event.written_kind(), event.canonical()
        self.count += 1
        self.head = linked(self._keyed, self.head, self.count, kind, payload)
        self._pending.append(Row(self.count, kind, payload, self.head))

    @property
    def opened(self) -> "Journal":
        """Itself: it is open from the beginning."""
        return self

    @property
    def waiting(self) -> tuple[Row, ...]:
        """The events that are not in the store, in their order."""
        return tuple(self._pending)

    @property
    def durable(self) -> Head:
        """The end of what is in the store."""
        return self._written

    @property
    def mend(self) -> str:
        """What the user can do while it cannot be written: the beginning of a sentence."""
        return self._store.mend

    def take(self, row: Row) -> None:
        """Add an event of another journal with the same beginning, as it is."""
        self.head, self.count = row.mac, row.seq
        self._pending.append(row)
        if len(self._pending) >= self._group:
            self.flush()

    def flush(self, *, patient: bool = False) -> None:
        """Commit pending events. Raises OutputFault if they cannot be written; they are pending still.

        `patient`: nothing waits for it, so that it may take as long as at the beginning.
        """
        if not self._pending:
            return
        try:
            if self._failed:
                self._connect_again(patient=patient)
            if self._pending:
                began_s = perf_counter()
                self._store.write(self._pending)
                if self.committed is not None:
                    self.committed(perf_counter() - began_s)
        except (StoreFault, _Changed) as fault:
            self._failed = True
            raise _unwritable(self.path, fault) from fault
        self._pending.clear()
        self._written, self._failed = Head(self.count, self.head), False

    def _connect_again(self, *, patient: bool) -> None:
        """Open the store anew, and forget pending events that have arrived in it. Raises StoreFault, _Changed."""
        self._store.connect_again(patient=patient)
        (written, head), first = self._written, max(1, self._written.events - _LOOKED_BACK)
        rows = self._store.tail(first)
        before, arrived = rows[: written + 1 - first], rows[written + 1 - first :]
        fits = all(
            isinstance(row.payload, bytes)
            and linked(self._keyed, previous.mac, row.seq, row.kind, row.payload) == row.mac
            for previous, row in pairwise(before)
        )
        if not fits or (before[-1].mac if before else GENESIS) != head or arrived != self._pending[: len(arrived)]:
            raise _Changed("its end is not what was written there")
        if arrived:
            del self._pending[: len(arrived)]
            self._written = Head(arrived[-1].seq, arrived[-1].mac)

    def close(self) -> None:
        """Commit, and let go of the store in good order."""
        self.flush(patient=True)
        with suppress(StoreFault):  # all of it is durable already
            self._store.close()

    def abandon(self) -> None:
        """Let go of the store after a fault, without committing pending events."""
        self._pending.clear()
        self._store.abandon()


def shorten(path: Path, key: bytes, count: int) -> None:
    """Keep the first `count` events of a journal, verified and byte for byte, and take back those after them.

    Only a resumed run does this, with the ending of a session that was stopped. In a file the events are gone, and the old file
    stays until the new one is on the disk; a database keeps them beside the chain. Raises JournalFault for a journal that does
    not verify, OutputFault if it cannot be written or somebody is reading the file.
    """
    try:
        if is_pointer(path):
            _take_back(path, key, count)
        else:
            _shorten_file(path, key, count)
    except (OSError, sqlite3.Error, StoreFault) as fault:
        raise _unwritable(path, fault) from fault


def _shorten_file(path: Path, key: bytes, count: int) -> None:
    new = path.with_name(f".{path.name}.shorter")
    sqlite.remove(new)  # of a process that was killed
    journal = Journal(new, key, _TAKEN_AT_ONCE)
    try:
        with closing(read_rows(path, key)) as rows:
            for row in islice(rows, count):
                journal.take(row)
        journal.close()
    except BaseException:
        journal.abandon()
        sqlite.remove(new)
        raise
    sqlite.merge_log(path)  # a log beside the old file must not be merged into the new one
    put_in_place(new, path)


def _take_back(path: Path, key: bytes, count: int) -> None:
    from execution.journal.stores.postgres.writing import take_back  # only where a journal lies in a database

    with closing(read_rows(path, key)) as rows:
        kept = sum(1 for _ in islice(rows, count))
    take_back(path, kept)


def read_rows(path: Path, key: bytes, after: Head = NOTHING) -> Generator[Row, None, None]:
    """Yield the rows of a journal after a head of it. Each is verified against the chain first.

    `after`: what was read before, and is not read again. Raises JournalFault, naming the event, at the first one that does not
    fit.
    """
    previous, expected, state = after.mac, after.events + 1, keyed(key)
    with closing(places.rows_in(path, after.events)) as rows:
        for found in rows:
            if found.seq != expected:
                raise JournalFault(
                    f"Event {expected} of {path.name} is missing (event {found.seq} follows {expected - 1}): it was deleted. "
                    "Nothing from there on is believed."
                )
            right = linked(state, previous, found.seq, found.kind, found.payload)
            if not hmac.compare_digest(right.encode(), found.mac.encode()):
                raise JournalFault(
                    f"Event {found.seq} ({found.kind}) of {path.name} does not fit the chain: it, or its MAC, was changed "
                    "after it was written. Nothing from there on is believed."
                )
            previous, expected = right, expected + 1
            yield found


def holds_nothing(path: Path) -> bool:
    """Whether a journal holds no event: its session has not committed any yet, or was killed before it began.

    Raises JournalFault.
    """
    with closing(places.rows_in(path)) as rows:
        return next(rows, None) is None


def first_row(path: Path) -> Row:
    """The first row, not verified: it names the key that verifies the journal. Raises JournalFault."""
    with closing(places.rows_in(path)) as rows:
        for found in rows:
            return found
    raise JournalFault(f"{path} holds no event: the run was killed before it began.")


def head_at(path: Path, events: int) -> Head | None:
    """The head of a journal as it was after so many events, not verified; None if it has not as many. Raises JournalFault."""
    if events == 0:
        return NOTHING
    with closing(places.rows_in(path, events - 1)) as rows:
        for found in rows:
            return Head(found.seq, found.mac)
    return None


def last_row(path: Path) -> Row:
    """The last row, not verified. Raises JournalFault."""
    with closing(places.last_in(path)) as rows:
        for found in rows:
            return found
    raise JournalFault(f"{path} holds no event: the run was killed before it began.")


def written_kinds(path: Path) -> Generator[str, None, None]:
    """Yield the kinds of a journal's rows, which are not verified; nothing for a file that is not a journal."""
    with suppress(JournalFault), closing(places.rows_in(path)) as rows:
        for row in rows:
            yield row.kind


def _unwritable(path: Path, fault: Exception, begun_in: str | None = None) -> OutputFault:
    if begun_in is not None:
        return OutputFault(
            f"The journal cannot be begun in {begun_in.partition('?')[0]} ({fault}). Nothing was decided. See to the database, "
            "or leave out journal.url: the journal then lies in a file."
        )
    if is_pointer(path):
        return OutputFault(
            f"The journal that {path.name} names cannot be written ({fault}). Nothing was decided after the last event that it "
            "holds. See to the database, then run again."
        )
    return OutputFault(
        f"The journal {path.name} cannot be written ({fault}). Nothing was decided after the last event that it holds. Free some "
        "space or give another --out, then run again."
    )
