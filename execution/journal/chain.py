"""The journal: one append-only, tamper-evident chain of everything that was seen, said, ruled, cut, sent and filled.

Each event's MAC is HMAC-SHA256(key, previous MAC + seq + kind + payload), so that an edit, a deletion, a swap or a
rewritten tail is found at the first event that does not fit; without the key nobody can forge a new chain. The last MAC is
the journal's hash. SQLite in WAL mode with synchronous=FULL: what has been committed survives a power cut. Triggers refuse
UPDATE and DELETE. Events are committed in groups of `group_commit`; where a real venue is involved the group is one.

After a write that failed, the events wait in memory in their order, linked already. The next try opens the file anew and looks at
its end first: a failed write may have arrived in whole, and a file that was changed meanwhile is not written any more.

It refuses to overwrite a file, and to read on after the first event that does not verify.
"""

import hashlib
import hmac
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    NullPool,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy import exc as sa_exc

from config.errors import JournalFault, OutputFault
from config.files import copied, put_in_place
from config.frozen import Journaled

_METADATA = MetaData()
EVENTS = Table(
    "events",
    _METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(24), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("mac", String(64), nullable=False),
)
_APPEND_ONLY = tuple(
    f"CREATE TRIGGER no_{verb.lower()} BEFORE {verb} ON events BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
_INSERT = "INSERT INTO events (seq, kind, payload, mac) VALUES (?, ?, ?, ?)"
"""The SQL of an insert into `EVENTS`, written here so that SQLAlchemy need not build it at every bar."""
_TAIL = "SELECT seq, kind, payload, mac FROM events WHERE seq >= ? ORDER BY seq"
GENESIS = "0" * 64
_TAKEN_AT_ONCE = 1024
_LOOKED_BACK = 1000
"""How many events before the end are verified again before a journal is written after a fault."""
_BUSY_MS = 5000
_BUSY_AGAIN_MS = 100
"""How long a file that another process has locked is waited for: at first, and at each later try, when exits must not wait."""


class Row(NamedTuple):
    """One link of the chain: an event as the file holds it. `kind` includes its version (see `Journaled.written_kind`)."""

    seq: int
    kind: str
    payload: bytes
    mac: str


def key_id(key: bytes) -> str:
    """A name for a key that does not reveal it."""
    return hashlib.sha256(b"journal-key-id" + key).hexdigest()[:12]


def link(key: bytes, previous: str, seq: int, kind: str, payload: bytes) -> str:
    """The MAC of an event after `previous`, as 64 hex digits."""
    return _linked(_keyed(key), previous, seq, kind, payload)


def _keyed(key: bytes) -> hmac.HMAC:
    """The state of the MAC after the key. It is copied for each event: to begin anew costs as much as the hash itself."""
    return hmac.new(key, digestmod=hashlib.sha256)


def _linked(keyed: hmac.HMAC, previous: str, seq: int, kind: str, payload: bytes) -> str:
    mac = keyed.copy()
    mac.update(f"{previous}\x1f{seq}\x1f{kind}\x1f".encode() + payload)
    return mac.hexdigest()


class _Changed(Exception):
    """The file does not end as it was written."""


class Journal:
    """Writes one run's chain. Not shared between threads or processes."""

    def __init__(self, path: Path, key: bytes, group_commit: int) -> None:
        """Create the file. Raises OutputFault if it exists or cannot be created."""
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            raise OutputFault(
                f"{path.name} exists already: a journal is never overwritten. Give another --out."
            ) from None
        except OSError as fault:
            raise _unwritable(path, fault) from fault
        self._open(path, key, group_commit)
        try:
            self._connection: Connection = self._engine.connect()
            _METADATA.create_all(self._connection)
            for trigger in _APPEND_ONLY:
                self._connection.exec_driver_sql(trigger)
            self._connection.commit()
        except sa_exc.DBAPIError as fault:
            raise _unwritable(path, fault) from fault

    @classmethod
    def reopen(cls, path: Path, key: bytes, group_commit: int, head: str, count: int) -> "Journal":
        """Continue the journal of a run that was cut short; `head` and `count` are those of its last event."""
        journal = cls.__new__(cls)
        journal._open(path, key, group_commit)
        journal.head, journal.count = head, count
        journal._written = count, head
        try:
            journal._connection = journal._engine.connect()
        except sa_exc.DBAPIError as fault:
            raise _unwritable(path, fault) from fault
        return journal

    def _open(self, path: Path, key: bytes, group_commit: int) -> None:
        self.path = path
        self._keyed = _keyed(key)
        self._group = group_commit
        self._pending: list[Row] = []
        self.head = GENESIS
        self.count = 0
        self._written = (0, GENESIS)
        self._failed = False
        self._engine = _engine(path, _BUSY_MS)

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
        self.head = _linked(self._keyed, self.head, self.count, kind, payload)
        self._pending.append(Row(self.count, kind, payload, self.head))

    @property
    def opened(self) -> "Journal":
        """Itself: it is open from the beginning."""
        return self

    @property
    def waiting(self) -> tuple[Row, ...]:
        """The events that are not in the file, in their order."""
        return tuple(self._pending)

    def take(self, row: Row) -> None:
        """Add an event of another journal with the same beginning, as it is."""
        self.head, self.count = row.mac, row.seq
        self._pending.append(row)
        if len(self._pending) >= self._group:
            self.flush()

    def flush(self) -> None:
        """Commit pending events. Raises OutputFault if they cannot be written; they are pending still."""
        if not self._pending:
            return
        try:
            if self._failed:
                self._connect_again()
            if self._pending:
                self._connection.exec_driver_sql(_INSERT, self._pending)
                self._connection.commit()
            if self._failed:
                self._connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MS}")
        except (sa_exc.DBAPIError, _Changed) as fault:
            self._failed = True
            raise _unwritable(self.path, fault) from fault
        self._pending.clear()
        self._written, self._failed = (self.count, self.head), False

    def _connect_again(self) -> None:
        """Open the file anew, and forget pending events that have arrived in it. Raises DBAPIError, _Changed."""
        with suppress(sa_exc.DBAPIError):
            self._connection.close()
        self._engine.dispose()
        self._engine = _engine(self.path, _BUSY_AGAIN_MS)
        self._connection = self._engine.connect()
        (written, head), first = self._written, max(1, self._written[0] - _LOOKED_BACK)
        rows = [Row(*found) for found in self._connection.exec_driver_sql(_TAIL, (first,))]
        self._connection.rollback()
        before, arrived = rows[: written + 1 - first], rows[written + 1 - first :]
        fits = all(
            isinstance(row.payload, bytes)
            and _linked(self._keyed, previous.mac, row.seq, row.kind, row.payload) == row.mac
            for previous, row in pairwise(before)
        )
        if not fits or (before[-1].mac if before else GENESIS) != head or arrived != self._pending[: len(arrived)]:
            raise _Changed("its end is not what was written there")
        if arrived:
            del self._pending[: len(arrived)]
            self._written = arrived[-1].seq, arrived[-1].mac

    def close(self) -> None:
        """Commit, merge the write-ahead log into the file, so that reading it writes nothing, and close it."""
        self.flush()
        with suppress(
            sa_exc.OperationalError
        ):  # somebody is reading: then the log stays beside the file, as sound as before
            self._connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        self._connection.close()
        self._engine.dispose()

    def abandon(self) -> None:
        """Close the file after a fault, without committing pending events."""
        self._pending.clear()
        with suppress(sa_exc.DBAPIError):
            self._connection.close()
        self._engine.dispose()


def shorten(path: Path, key: bytes, count: int) -> None:
    """Keep the first `count` events of a journal, verified and byte for byte, and take back those after them.

    Only a resumed run does this, with the ending of a session that was stopped. The old file stays until the new one is on the
    disk. Raises JournalFault for a journal that does not verify, OutputFault if it cannot be written or somebody is reading it.
    """
    new = path.with_name(f".{path.name}.shorter")
    try:
        _remove(new)  # of a process that was killed
        journal = Journal(new, key, _TAKEN_AT_ONCE)
        try:
            with closing(read_rows(path, key)) as rows:
                for row in islice(rows, count):
                    journal.take(row)
            journal.close()
        except BaseException:
            journal.abandon()
            _remove(new)
            raise
        with closing(sqlite3.connect(path)) as old:
            old.execute("PRAGMA journal_mode=DELETE")  # a log beside the old file must not be merged into the new one
        put_in_place(new, path)
    except (OSError, sqlite3.Error) as fault:
        raise _unwritable(path, fault) from fault


def read_rows(path: Path, key: bytes) -> Generator[Row, None, None]:
    """Yield the rows of a journal. Each is verified against the chain first.

    Raises JournalFault, naming the event, at the first one that does not fit.
    """
    previous, expected, keyed = GENESIS, 1, _keyed(key)
    for found in _rows(path):
        if found.seq != expected:
            raise JournalFault(
                f"Event {expected} of {path.name} is missing (event {found.seq} follows {expected - 1}): it was deleted. "
                "Nothing from there on is believed."
            )
        right = _linked(keyed, previous, found.seq, found.kind, found.payload)
        if not hmac.compare_digest(right.encode(), found.mac.encode()):
            raise JournalFault(
                f"Event {found.seq} ({found.kind}) of {path.name} does not fit the chain: it, or its MAC, was changed "
                "after it was written. Nothing from there on is believed."
            )
        previous, expected = right, expected + 1
        yield found


def _rows(path: Path) -> Generator[Row, None, None]:
    if not path.is_file():
        raise JournalFault(f"There is no journal at {path}. Give the folder of a run.")
    try:
        with _reading(path) as connection:
            for seq, kind, payload, mac in connection.execute(
                "SELECT seq, kind, payload, mac FROM events ORDER BY seq"
            ):
                if not (isinstance(seq, int) and isinstance(kind, str) and isinstance(payload, bytes)):
                    raise JournalFault(f"Event {seq!r} of {path.name} has the wrong shape: it was changed.")
                yield Row(seq, kind, payload, str(mac))
    except (sqlite3.DatabaseError, UnicodeDecodeError) as fault:
        raise JournalFault(
            f"{path.name} is damaged ({fault}): it is not the database that was written. Restore it from a copy."
        ) from fault


def _remove(path: Path) -> None:
    """Remove a database, and what SQLite keeps beside it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


@contextmanager
def _reading(path: Path) -> Generator[sqlite3.Connection]:
    """A connection that changes no file.

    A killed run leaves a log beside its journal, and SQLite reads the two only if it may write an index beside them. Where it may
    not, copies of both are read. Raises JournalFault for a file that may not be read.
    """
    with ExitStack() as held:
        try:
            connection = held.enter_context(_connected(path))
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            try:
                copies = held.enter_context(copied((path, path.with_name(f"{path.name}-wal"))))
            except OSError as fault:
                raise JournalFault(
                    f"{path} cannot be read ({fault.strerror}). Nothing was done. Give yourself the right to read it."
                ) from fault
            connection = held.enter_context(_connected(copies / path.name))
        yield connection


def _connected(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True))


def _engine(path: Path, busy_ms: int) -> Engine:
    """An engine that waits so long for a file that is locked, and creates none: a journal that was removed stays so."""
    file = f"{path.absolute().as_uri()}?mode=rw"

    def connected() -> sqlite3.Connection:
        return sqlite3.connect(file, uri=True, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connected, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _: object) -> None:
        for pragma in (f"busy_timeout={busy_ms}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _unwritable(path: Path, fault: Exception) -> OutputFault:
    return OutputFault(
        f"The journal {path.name} cannot be written ({getattr(fault, 'orig', fault)}). Nothing was decided after the last "
        "event that it holds. Free some space or give another --out, then run again."
    )


def first_row(path: Path) -> Row:
    """The first row, not verified: it names the key that verifies the journal. Raises JournalFault."""
    for found in _rows(path):
        return found
    raise JournalFault(f"{path} holds no event: the run was killed before it began.")


def written_kinds(path: Path) -> Generator[str, None, None]:
    """Yield the kinds of a journal's rows, which are not verified; nothing for a file that is not a journal."""
    with suppress(JournalFault), closing(_rows(path)) as rows:
        for row in rows:
            yield row.kind
