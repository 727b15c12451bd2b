"""From a SQLite file into a database: every event of a run as it is, in one transaction, verified before and after.

The run's id is noted in its folder first, so that a move that was killed goes on where it stopped and nothing is copied twice.
The file stays beside the run under another name. It refuses a journal that does not verify, one that somebody has open, and a run
that the database holds already.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from config.errors import OutputFault, UsageFault
from config.files import put_in_place
from execution.journal.chain import Head, read_rows
from execution.journal.rows import GENESIS, Row
from execution.journal.stores import sqlite
from execution.journal.stores.pointer import MOVING, POINTER, Pointer, Sealed, place_pointer, read_pointer, seal_pointer
from execution.journal.stores.store import StoreFault

_AT_ONCE = 500
PASSES = 4
"""How often each event is gone through: verified, copied, verified in the database, and again under the name of the run."""

Step = Callable[[int], None]
"""Is told how many events were gone through."""


def _unseen(_: int) -> None:
    return


class Moved(NamedTuple):
    """Where a journal lies now, and how it ends."""

    pointer: Pointer
    head: Head
    kept: Path
    """The file that it was."""


def move(journal: Path, key: bytes, url: str, *, has_ended: bool, step: Step = _unseen) -> Moved:
    """Move the journal of a run into the database `url`; the folder then names the database.

    `has_ended`: whether its end is noted. `step` hears of each event, `PASSES` times at most.
    Raises JournalFault, OutputFault, UsageFault, and changes nothing of the file then.
    """
    pointer, kept = journal.with_name(POINTER), journal.with_name(f"{journal.name}.moved")
    if pointer.exists() and not journal.exists():
        raise UsageFault(
            f"The journal of {journal.parent} lies in {read_pointer(pointer).database} already. Nothing was done."
        )
    head = _end_of(journal, key, step)
    try:
        with closing(sqlite.alone(journal)):
            if not pointer.exists():
                _copy(journal, key, url, head, step, has_ended=has_ended)
            _refuse_other(pointer, key, head, step)
            put_in_place(journal, kept)
    except sqlite3.Error as fault:
        raise OutputFault(
            f"{journal} cannot be moved while somebody has it open ({fault}). Nothing was changed. End what uses it, then try "
            "again."
        ) from fault
    except (OSError, StoreFault) as fault:
        raise OutputFault(
            f"The journal of {journal.parent} cannot be moved to {url.partition('?')[0]} ({fault}). The run is as it was, and "
            "what was begun is gone on with when you try again."
        ) from fault
    return Moved(read_pointer(pointer), head, kept)


def _copy(journal: Path, key: bytes, url: str, head: Head, step: Step, *, has_ended: bool) -> None:
    """Copy what the database does not hold, verify it there, and let the folder name it. Raises what `move` reports."""
    from execution.journal.stores.postgres.taking import Taking  # only where a journal is moved there

    moving = journal.with_name(MOVING)
    with Taking(url) as taking:
        if moving.exists() and read_pointer(moving).url != url:
            moving.unlink()  # of a move to another database
        if not moving.exists():
            twin = taking.run_that_ends(head.events, head.mac)
            if twin is not None:
                raise UsageFault(
                    f"{url.partition('?')[0]} holds the journal of {journal.parent} already, as run {twin}. Nothing was done."
                )
            place_pointer(moving, Pointer(url, taking.new_id()))
        with closing(read_rows(journal, key)) as rows:
            groups = iter(lambda: list(islice(_seen(rows, step), _AT_ONCE)), list[Row]())
            taking.take(read_pointer(moving).run, journal.resolve().parent.name, groups)
    _refuse_other(moving, key, head, step)
    if has_ended:
        seal_pointer(moving, Sealed(*head))
    put_in_place(moving, journal.with_name(POINTER))


def _refuse_other(pointer: Path, key: bytes, head: Head, step: Step) -> None:
    """Verify what lies in the database. Raises JournalFault, OutputFault for another end."""
    found = _end_of(pointer, key, step)
    if found != head:
        raise OutputFault(
            f"The database {read_pointer(pointer).database} holds {found.events} events of this run and the file {head.events}. "
            f"The file was not touched. If the file is the right one, move {pointer} away and try again."
        )


def _end_of(journal: Path, key: bytes, step: Step) -> Head:
    """The end of a journal, every event of which verifies. Raises JournalFault."""
    head = Head(0, GENESIS)
    with closing(read_rows(journal, key)) as rows:
        for row in _seen(rows, step):
            head = Head(row.seq, row.mac)
    return head


def _seen(rows: Iterator[Row], step: Step) -> Iterator[Row]:
    for row in rows:
        step(1)
        yield row
