"""The tables of all journals in one database.

`journal_events` holds the rows of the chains. `journal_parts` holds the beginnings: part 0 begins a run, and a later part goes on
after the first `kept` events of it. So a resumed run takes an ending back, and no row is changed or removed. An event belongs to
the chain unless a later part goes on from before it.
"""

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, String, Table, Uuid, text

from execution.journal.stores.store import StoreFault

METADATA = MetaData()
NEWEST = "0001"
"""The version of the tables that this program reads and writes."""
VERSIONS = "journal_version"
"""The table in which Alembic keeps the version of the tables."""

PARTS = Table(
    "journal_parts",
    METADATA,
    Column("run", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("kept", BigInteger, nullable=False),
    Column("name", String, nullable=False),
)
EVENTS = Table(
    "journal_events",
    METADATA,
    Column("run", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(24), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("mac", String(64), nullable=False),
)


def refuse_other_tables(connection: Connection) -> None:
    """Raise StoreFault for tables of another version, and what the driver raises where there are none."""
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSIONS}").scalar()
    if found != NEWEST:
        raise StoreFault(
            f"its tables are of version {found}, and this program writes version {NEWEST}; bring them up to date with "
            "`tribunal journal --prepare URL`, or run a newer version of the program"
        )
