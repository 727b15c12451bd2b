"""Real faults of a database server: killed, frozen, cut off, read-only, out of room, locked. Each is over at the end."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from postgres_server import Database

_WRITERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'tribunal'"
_TOAST = "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE oid = 'journal_events'::regclass"


@contextmanager
def killed(database: Database) -> Iterator[None]:
    """`kill -9` of the server, which is started again."""
    with database.server.away():
        yield


@contextmanager
def frozen(database: Database) -> Iterator[None]:
    """The server takes what it is sent, and does not answer."""
    with database.server.frozen():
        yield


@contextmanager
def cut(database: Database) -> Iterator[None]:
    """The server has ended the connections of sessions."""
    with database.admin() as admin:
        admin.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({_WRITERS}) AS writers")
    yield


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """Whoever writes is refused, as on a standby or by an operator."""
    with _setting(database, "default_transaction_read_only", "on"):
        yield


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Another connection holds the table and does not end."""
    with database.admin() as other, other.transaction():
        other.execute("LOCK TABLE journal_events IN EXCLUSIVE MODE")
        yield


@contextmanager
def no_room(database: Database) -> Iterator[None]:
    """No file of the server may grow: what it writes to the table comes back as a full disk does."""
    with database.admin() as admin:
        other = "11111111-1111-1111-1111-111111111111"
        admin.execute("INSERT INTO journal_parts VALUES (%s, 0, 0, 'other')", (other,))
        admin.execute("INSERT INTO journal_events VALUES (%s, 0, 1, 'bulk', %s, '')", (other, os.urandom(1_300_000)))
        ((most,),) = admin.execute(_TOAST).fetchall()  # more than a segment of the log, which has to fit
    database.server.limit_files(str(most))
    try:
        yield
    finally:
        database.server.limit_files("unlimited")


@contextmanager
def _setting(database: Database, name: str, value: str) -> Iterator[None]:
    with database.admin() as admin:
        admin.execute(f"ALTER SYSTEM SET {name} = {value}")
        _reload(admin, name, value)
    try:
        yield
    finally:
        with database.admin() as admin:
            admin.execute(f"ALTER SYSTEM RESET {name}")
            _reload(admin, name, "off")


def _reload(admin: Any, name: str, value: str) -> None:
    """Have the server read its settings, and wait until it goes by them."""
    admin.execute("SELECT pg_reload_conf()")
    until = time.monotonic() + 5
    while admin.execute(f"SHOW {name}").fetchone() != (value,) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.05)  # the other processes look when they are next asked something
