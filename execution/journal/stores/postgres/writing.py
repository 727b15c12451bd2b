"""The store of one run in PostgreSQL: one statement a group, which is a transaction of its own.

One session writes a run: it holds an advisory lock, and a second is refused. A connection that was lost may still write what was
sent over it, so the server is told to end it before another is used; the primary key refuses what would be written twice.
It refuses to make tables: they are made with other rights, by `tribunal journal --prepare`.
"""

from collections.abc import Generator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from sqlalchemy import Connection, insert

from execution.journal.rows import Row
from execution.journal.stores.pointer import Pointer, place_pointer, read_pointer
from execution.journal.stores.postgres.connecting import drop, engine_of, faults_told
from execution.journal.stores.postgres.reading import rows_of, spans_of
from execution.journal.stores.postgres.tables import PARTS, refuse_other_tables
from execution.journal.stores.store import StoreFault

PATIENCE_S = 5.0
"""How long a write may take."""
_WAITED_S = 0.1
"""How long a later try waits for a connection, when exits must not wait; it is opened meanwhile."""
_PATIENT_S = 10.0
_INSERT = (
    "INSERT INTO journal_events (run, part, seq, kind, payload, mac) "
    "SELECT %s::uuid, %s::int, * FROM unnest(%s::bigint[], %s::text[], %b::bytea[], %s::text[])"
)
"""The payloads go over in binary form: as text they would be twice as long, and be written and read for nothing."""
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_WHO = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END = "SELECT pg_terminate_backend(pid, 100) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"


class _Backend(NamedTuple):
    """The server's process that answers a connection."""

    pid: int
    begun_utc: datetime


class _Hold(NamedTuple):
    """A connection that holds the lock of a run, and the newest part of the run."""

    connection: Connection
    backend: _Backend
    part: int


class PostgresStore:
    """The rows of one run, as this session adds them to its newest part."""

    mend = "See to the database server, and to the way there"

    def __init__(self, pointer: Pointer) -> None:
        """Raises StoreFault."""
        self._engine, self._run = engine_of(pointer.url, PATIENCE_S), pointer.run
        self._opening: Future[_Hold] | None = None
        self._hold = self._opened(None)

    def write(self, rows: Sequence[Row]) -> None:
        columns = tuple(map(list, zip(*rows, strict=True)))
        with faults_told():
            self._hold.connection.exec_driver_sql(_INSERT, (self._run, self._hold.part, *columns))

    def connect_again(self, *, patient: bool) -> None:
        """Open a connection in a thread, and use it when it is there: a silent server holds up nothing but that thread."""
        drop(self._hold.connection)
        if self._opening is None:
            self._opening = Future()
            Thread(target=self._open_into, args=(self._opening,), daemon=True).start()
        opening = self._opening
        try:
            self._hold = opening.result(_PATIENT_S if patient else _WAITED_S)
        except NotYet:
            raise StoreFault("the server does not answer") from None
        except StoreFault:
            self._opening = None
            raise
        self._opening = None

    def tail(self, first: int) -> list[Row]:
        with faults_told():
            connection = self._hold.connection
            wanted = [span._replace(after=max(span.after, first - 1)) for span in spans_of(connection, self._run)]
            return [row for span in wanted for row in rows_of(connection, self._run, span, None)]

    def close(self) -> None:
        drop(self._hold.connection)
        if self._opening is not None:
            self._opening.add_done_callback(_let_go)
        self._engine.dispose()

    def abandon(self) -> None:
        self.close()

    def _open_into(self, opening: "Future[_Hold]") -> None:
        try:
            opening.set_result(self._opened(self._hold))
        except StoreFault as fault:
            opening.set_exception(fault)

    def _opened(self, before: _Hold | None) -> _Hold:
        """A connection that holds the lock of the run. `before`: one that was lost. Raises StoreFault."""
        with faults_told():
            connection = self._engine.connect()
        try:
            with faults_told():
                if before is not None:
                    connection.exec_driver_sql(_END, before.backend)
                part = _locked(connection, self._run)
                backend = _Backend(*connection.exec_driver_sql(_WHO).one())
            if before is not None and part != before.part:
                raise StoreFault("another session has gone on with this run")
        except BaseException:
            drop(connection)
            raise
        return _Hold(connection, backend, part)


def begin(path: Path, url: str) -> PostgresStore:
    """The store of a new run, which a new file at `path` names. Raises FileExistsError, OSError, StoreFault."""
    if path.exists():
        raise FileExistsError(path)
    with _connected(url) as connection:
        refuse_other_tables(connection)
        run = new_run(connection, path.resolve().parent.name)
    pointer = Pointer(url, run)
    store = PostgresStore(pointer)
    try:
        place_pointer(path, pointer)
    except BaseException:
        store.abandon()
        raise
    return store


def reopen(path: Path) -> PostgresStore:
    """The store of a run that goes on. Raises StoreFault, JournalFault."""
    return PostgresStore(read_pointer(path))


def take_back(path: Path, kept: int) -> None:
    """Begin a part that goes on after the first `kept` events. Raises StoreFault, JournalFault."""
    pointer = read_pointer(path)
    with _connected(pointer.url) as connection:
        part = _locked(connection, pointer.run)
        values = {"run": pointer.run, "part": part + 1, "kept": kept, "name": path.resolve().parent.name}
        connection.execute(insert(PARTS).values(values))


def new_run(connection: Connection, name: str) -> str:
    """Begin a run of this name, and return its id, which the server draws."""
    return str(connection.execute(insert(PARTS).values(part=0, kept=0, name=name).returning(PARTS.c.run)).scalar_one())


@contextmanager
def _connected(url: str) -> Generator[Connection]:
    engine = engine_of(url, PATIENCE_S)
    with faults_told():
        connection = engine.connect()
        try:
            yield connection
        finally:
            drop(connection)
            engine.dispose()


def _locked(connection: Connection, run: str) -> int:
    """Take the lock of a run that only one session writes; returns the newest part of it. Raises StoreFault."""
    refuse_other_tables(connection)
    if connection.exec_driver_sql(_LOCK, (run,)).scalar() is not True:
        raise StoreFault("another session writes this run, or the server has not yet let go of one that was lost")
    spans = spans_of(connection, run)
    if not spans:
        raise StoreFault(f"the database holds no run {run}")
    return spans[-1].part


def _let_go(opened: "Future[_Hold]") -> None:
    if opened.exception() is None:
        drop(opened.result().connection)
