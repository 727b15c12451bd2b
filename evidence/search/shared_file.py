"""A small SQLite file that all processes of this user share without overwriting each other's data.

Every transaction first takes the write lock, so that the data it reads stays valid until it writes. A second process waits for
the lock, up to `wait_s` seconds. A commit that is synced survives a power failure, and a killed process leaves no partial data.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event


def shared_engine(path: Path, wait_s: int) -> Engine:
    """An SQLAlchemy engine for the file. It waits up to `wait_s` seconds for another process.

    The execution option `synced` of a connection decides whether its commit waits for the disk.
    """
    engine = create_engine(URL.create("sqlite", database=str(path.absolute())))

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver starts no transaction by itself: see below
        for pragma in (f"busy_timeout={wait_s * 1000}", "journal_mode=WAL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _immediate(connection: Connection) -> None:
        level = "FULL" if connection.get_execution_options()["synced"] else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
