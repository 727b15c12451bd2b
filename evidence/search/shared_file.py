"""A small SQLite file that all processes of this user share: what it takes for two of them never to write over each other.

Every transaction begins with the right to write, so that what it reads stays true until it has written; a second process waits
for it, as long as the owner of the file allows. What was committed as synced survives a power cut, and a process that is killed
leaves nothing half.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event


def shared_engine(path: Path, wait_s: int) -> Engine:
    """An engine on the file that waits up to `wait_s` seconds for another process.

    Each connection's execution option `synced` says whether its commit waits for the disk.
    """
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: see below
        for pragma in (f"busy_timeout={wait_s * 1000}", "journal_mode=WAL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _immediate(connection: Connection) -> None:
        level = "FULL" if connection.get_execution_options()["synced"] else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
