"""Connections to a database of journals: each answer is waited for so long and no longer, and a failure is one sentence.

A server that is stopped, a cable that is cut or a table that is locked must not hold up an exit. So the server ends a statement
that takes too long, and if the server does not answer at all, this side gives the connection up. The password comes from
PGPASSWORD or ~/.pgpass, as with every program of PostgreSQL's own.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from config.errors import UsageFault

try:
    import psycopg
except ImportError:
    raise UsageFault(
        "The journal lies in PostgreSQL, and what speaks to it is not installed. Nothing was done. "
        'Run: pip install "tribunal[postgres]"'
    ) from None

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url
from sqlalchemy import exc as sa_exc

from execution.journal.stores.store import StoreFault

_CONNECT_S = 3
_ON_CONNECT = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'; "
    "SET idle_session_timeout = 0; SET client_min_messages = warning; "
    "SET statement_timeout = {ms}; SET lock_timeout = {ms}"
)
"""What is committed is on the disk, whatever the server says by itself. The last two: how long it tries [ms]."""


class _Bounded(psycopg.Connection[Any]):
    """A connection that gives up an answer after `patience_s`."""

    patience_s: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, self.patience_s if timeout is None else timeout)


def engine_of(url: str, patience_s: float) -> Engine:
    """An engine whose every statement is its own transaction, and ends within `patience_s` seconds or a little more."""
    address: URL = make_url(url)
    arguments: dict[str, Any] = address.translate_connect_args(username="user", database="dbname") | dict(address.query)

    def connected() -> _Bounded:
        bounds: dict[str, Any] = {"connect_timeout": _CONNECT_S, "application_name": "tribunal"}
        made = _Bounded.connect(**(bounds | arguments), autocommit=True)
        made.patience_s = patience_s + 1.0
        try:
            made.execute(_ON_CONNECT.format(ms=round(1000 * patience_s)))
        except BaseException:
            made.pgconn.finish()
            raise
        return made

    return create_engine(
        address, creator=connected, poolclass=NullPool, pool_reset_on_return=None, isolation_level="AUTOCOMMIT"
    )


@contextmanager
def faults_told() -> Generator[None]:
    """What the driver raises, as StoreFault with one line of what the server said."""
    try:
        yield
    except (sa_exc.SQLAlchemyError, psycopg.Error) as fault:
        raise StoreFault(_line(fault)) from fault


def drop(connection: Connection) -> None:
    """Let go of a connection at once, whatever it waits for."""
    if connection.closed:
        return
    with suppress(sa_exc.SQLAlchemyError, psycopg.Error):
        if not connection.invalidated:
            driver = connection.connection.driver_connection
            if isinstance(driver, psycopg.Connection):
                driver.pgconn.finish()  # without a word that the server would have to answer
            connection.invalidate()
        connection.close()


def _line(fault: Exception) -> str:
    said = getattr(fault, "orig", None) or fault
    if isinstance(said, psycopg.errors.UndefinedTable):
        return "the database has no table for journals; make it with `tribunal journal --prepare URL`"
    if type(said).__name__ == "_WaitTimeout":
        return "the server does not answer"
    lines = [line for line in str(said).splitlines() if line.strip()]
    return lines[-1].removeprefix("- ").strip() if lines else type(said).__name__
