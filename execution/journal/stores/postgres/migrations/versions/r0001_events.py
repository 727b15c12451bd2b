"""Version 0001: events and parts, and triggers that refuse to change or remove a row of either."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, and have them refuse UPDATE, DELETE and TRUNCATE whoever asks."""
    op.create_table(
        "journal_parts",
        sa.Column("run", sa.Uuid, primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kept", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "journal_events",
        sa.Column("run", sa.Uuid, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
    )
    op.execute(  # the compressor of a server that has no faster one holds up a commit with a long event
        "DO $$ BEGIN ALTER TABLE journal_events ALTER payload SET COMPRESSION lz4; "
        "EXCEPTION WHEN feature_not_supported THEN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
    )
    for table in ("journal_parts", "journal_events"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()"
        )
