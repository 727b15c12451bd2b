"""The rows of a run in a SQLite file of its folder: the store of every run whose profile names no other.

WAL mode with synchronous=FULL: what has been committed survives a power cut. Triggers refuse UPDATE and DELETE. It loads nothing
but the standard library. It refuses to overwrite a file, and to create one that was removed.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from config.errors import JournalFault
from config.files import copied
from execution.journal.rows import Row
from execution.journal.stores.store import StoreFault

_TABLE = (
    "\nCREATE TABLE events (\n\tseq INTEGER NOT NULL, \n\tkind VARCHAR(24) NOT NULL, \n\tpayload BLOB NOT NULL, \n\t"
    "mac VARCHAR(64) NOT NULL, \n\tPRIMARY KEY (seq)\n)\n\n"
)
"""To the letter as every version has written it: the file of the same run is the same file."""
_APPEND_ONLY = tuple(
    f"CREATE TRIGGER no_{verb.lower()} BEFORE {verb} ON events BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
_INSERT = "INSERT INTO events (seq, kind, payload, mac) VALUES (?, ?, ?, ?)"
_READ = "SELECT seq, kind, payload, mac FROM events"
_TAIL = f"{_READ} WHERE seq >= ? ORDER BY seq"
_BUSY_MS = 5000
_BUSY_AGAIN_MS = 100
"""How long a file that another process has locked is waited for: at first, and at each later try, when exits must not wait."""


class SqliteStore:
    """The rows of one run in a file."""

    mend = "Free some space, or end what locks the file"

    def __init__(self, path: Path) -> None:
        """Open a file that is there. Raises StoreFault."""
        self._path = path
        self._hurried = False
        try:
            self._connection = _written(path, _BUSY_MS)
        except sqlite3.Error as fault:
            raise StoreFault(str(fault)) from fault

    @classmethod
    def begin(cls, path: Path) -> "SqliteStore":
        """Create the file. Raises FileExistsError, OSError, StoreFault."""
        path.touch(exist_ok=False)
        store = cls(path)
        try:
            for statement in (_TABLE, *_APPEND_ONLY):
                store._connection.execute(statement)
        except sqlite3.Error as fault:
            raise StoreFault(str(fault)) from fault
        return store

    def write(self, rows: Sequence[Row]) -> None:
        try:
            self._connection.executemany(_INSERT, rows)
            self._connection.commit()
            if self._hurried:
                self._connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
                self._hurried = False
        except sqlite3.Error as fault:
            raise StoreFault(str(fault)) from fault

    def connect_again(self, *, patient: bool) -> None:
        self.abandon()
        self._hurried = True
        try:
            self._connection = _written(self._path, _BUSY_AGAIN_MS)
        except sqlite3.Error as fault:
            raise StoreFault(str(fault)) from fault

    def tail(self, first: int) -> list[Row]:
        try:
            return [Row(*found) for found in self._connection.execute(_TAIL, (first,))]
        except sqlite3.Error as fault:
            raise StoreFault(str(fault)) from fault

    def close(self) -> None:
        """Merge the write-ahead log into the file, so that reading it writes nothing, and close it."""
        with suppress(
            sqlite3.OperationalError
        ):  # somebody is reading: then the log stays beside the file, as sound as before
            self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()

    def abandon(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()


def rows_in(path: Path, after: int = 0) -> Generator[Row, None, None]:
    """The rows of a file that come after so many, not verified. Raises JournalFault for a file that is none, or is damaged."""
    return _rows(path, _TAIL, after + 1)


def last_in(path: Path) -> Generator[Row, None, None]:
    """The last row of a file, not verified; nothing for an empty one. Raises JournalFault."""
    return _rows(path, f"{_READ} ORDER BY seq DESC LIMIT 1")


def _rows(path: Path, query: str, *asked: int) -> Generator[Row, None, None]:
    """The rows that a query finds, not verified. Raises JournalFault for a file that is none, or is damaged."""
    if not path.is_file():
        raise JournalFault(f"There is no journal at {path}. Give the folder of a run.")
    try:
        with _reading(path) as connection:
            for seq, kind, payload, mac in connection.execute(query, asked):
                if not (isinstance(seq, int) and isinstance(kind, str) and isinstance(payload, bytes)):
                    raise JournalFault(f"Event {seq!r} of {path.name} has the wrong shape: it was changed.")
                yield Row(seq, kind, payload, str(mac))
    except (sqlite3.DatabaseError, UnicodeDecodeError) as fault:
        raise JournalFault(
            f"{path.name} is damaged ({fault}): it is not the database that was written. Restore it from a copy."
        ) from fault


def merge_log(path: Path) -> None:
    """Merge the log beside a file into it: nothing of it may be merged into another file of this name. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA journal_mode=DELETE")


def alone(path: Path) -> sqlite3.Connection:
    """A connection beside which nobody has the file open, and nobody can write it. Raises sqlite3.Error if somebody has."""
    merge_log(path)
    connection = sqlite3.connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except BaseException:
        connection.close()
        raise
    return connection


def remove(path: Path) -> None:
    """Remove a database, and what SQLite keeps beside it. Raises OSError."""
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


def _written(path: Path, busy_ms: int) -> sqlite3.Connection:
    """A connection that waits so long for a file that is locked, and creates none: a journal that was removed stays so."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, check_same_thread=False)
    try:
        for pragma in (f"busy_timeout={busy_ms}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection
