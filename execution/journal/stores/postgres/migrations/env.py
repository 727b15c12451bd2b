"""What Alembic runs first: it hands over the connection that the command has opened. Nothing is read from a file of settings."""

from alembic import context

from execution.journal.stores.postgres.tables import VERSIONS

context.configure(connection=context.config.attributes["connection"], version_table=VERSIONS)
with context.begin_transaction():
    context.run_migrations()
