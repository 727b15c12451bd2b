"""From the path of a journal to the store of its rows: a SQLite file, or the database that a pointer names.

What speaks to PostgreSQL is loaded only where a journal lies there: a session on SQLite never loads it.
"""

from collections.abc import Generator
from pathlib import Path

from execution.journal.rows import Row
from execution.journal.stores import sqlite
from execution.journal.stores.pointer import is_pointer
from execution.journal.stores.store import Store


def begin(path: Path, url: str | None) -> Store:
    """The store of a new run. `url`: the database; None for a file. Raises FileExistsError, OSError, StoreFault, UsageFault."""
    if url is None:
        return sqlite.SqliteStore.begin(path)
    from execution.journal.stores.postgres.writing import begin as begin_there  # only where it is asked for

    return begin_there(path, url)


def reopen(path: Path) -> Store:
    """The store of a run that goes on. Raises StoreFault, JournalFault, UsageFault."""
    if not is_pointer(path):
        return sqlite.SqliteStore(path)
    from execution.journal.stores.postgres.writing import reopen as reopen_there

    return reopen_there(path)


def last_in(path: Path) -> Generator[Row, None, None]:
    """The last row of a journal, not verified; nothing if it has none. Raises JournalFault, UsageFault."""
    if not is_pointer(path):
        return sqlite.last_in(path)
    from execution.journal.stores.postgres.reading import last_in as last_there

    return last_there(path)


def rows_in(path: Path, after: int = 0) -> Generator[Row, None, None]:
    """The rows of a journal that come after so many, not verified. Raises JournalFault, UsageFault."""
    if not is_pointer(path):
        return sqlite.rows_in(path, after)
    from execution.journal.stores.postgres.reading import rows_in as rows_there

    return rows_there(path, after)
