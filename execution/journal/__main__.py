"""`tribunal journal RUN`: verify the journal of a run, link by link, and hold it against its head that was kept outside.

    tribunal journal --prepare postgresql+psycopg://admin@host/db --writer trader
    tribunal journal runs/paper-001 --to postgresql+psycopg://trader@host/db

--to moves a journal from its SQLite file into a database of PostgreSQL, --prepare makes the tables there or brings them up to
date (docs/reliability.md). A password is never typed: it comes from PGPASSWORD or ~/.pgpass. Exit codes: 0 done, 2 usage, 4 a
journal that does not verify, was cut back or rewritten, 5 a database that cannot be written.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal journal",
        description="Verify a run's journal, move it into a database, or make the tables for journals there.",
    )
    add(parse, "run", nargs="?")
    add(parse, "--anchors")
    parse.add_argument(
        "--to", metavar="URL", help="database to move the journal to: postgresql+psycopg://USER@HOST/DATABASE"
    )
    parse.add_argument(
        "--prepare", metavar="URL", help="make the tables of journals in this database, or bring them up to date"
    )
    parse.add_argument(
        "--writer", metavar="ROLE", help="with --prepare: a role that may then add and read events, and no more"
    )
    add(parse, "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Do it and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.journal import journal_command

        return journal_command(arguments)

    return ended(work, "Stopped. A move that was begun is gone on with when it is typed again.")


if __name__ == "__main__":
    sys.exit(main())
