"""Making the tables of journals, and bringing them up to date: Alembic, with the rights of whoever asks for it.

A session needs less: INSERT and SELECT. A role with no more can neither change nor remove an event, and cannot drop the triggers.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, make_url

from execution.journal.stores.postgres.connecting import faults_told
from execution.journal.stores.postgres.tables import EVENTS, PARTS, VERSIONS

_MIGRATIONS = Path(__file__).with_name("migrations")


def prepare(url: str, writer: str | None) -> tuple[str | None, str | None]:
    """Make the tables or bring them up to date, in one transaction. Returns their version before and after; None for none.

    `writer`: a role that may then add and read events, and do nothing else. Raises StoreFault, and changes nothing then.
    """
    engine = create_engine(make_url(url), connect_args={"connect_timeout": 10, "application_name": "tribunal prepare"})
    try:
        with faults_told(), engine.begin() as connection:
            before = _version(connection)
            settings = Config()
            settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
            if writer is not None:
                _grant(connection, writer)
            return before, _version(connection)
    finally:
        engine.dispose()


def _version(connection: Connection) -> str | None:
    """The version of the tables that are there."""
    if not inspect(connection).has_table(VERSIONS):
        return None
    return MigrationContext.configure(connection, opts={"version_table": VERSIONS}).get_current_revision()


def _grant(connection: Connection, writer: str) -> None:
    role = connection.dialect.identifier_preparer.quote_identifier(writer)
    connection.exec_driver_sql(f"GRANT SELECT, INSERT ON {EVENTS.name}, {PARTS.name} TO {role}")
    connection.exec_driver_sql(f"GRANT SELECT ON {VERSIONS} TO {role}")
