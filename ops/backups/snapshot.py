"""A still picture of what changes: of a SQLite file while somebody writes it, of a run, and of the state folder.

A finished run is copied byte for byte, so that its checksum holds. The journal of a run that is under way is copied by SQLite's
online backup: the copy ends with a whole event, and the session does not wait. A journal in a database becomes a file.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from agents.records.events import key_named
from agents.records.folder import CHECKSUM, JOURNAL, checksum_holds, journal_of, write_checksum
from agents.records.reading import refuse_other_key
from config.errors import JournalFault, OutputFault, UsageFault
from execution.journal.chain import read_rows, written_kinds
from execution.journal.stores.pointer import MOVING, POINTER, is_pointer, read_pointer
from execution.journal.stores.sqlite import SqliteStore
from ops.backups.manifest import KeptRun

_AT_ONCE = 500
_SQLITE = b"SQLite format 3\x00"
_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file that is open. A picture needs none of it."""
_LEFT_OUT = frozenset({"cache"})
"""Folders of the state that can be made again."""


def picture_of_run(folder: Path, into: Path, key: bytes) -> KeptRun:
    """Copy a run into the empty folder `into`, and verify the copy of its journal.

    Raises UsageFault for a folder that is no run, JournalFault for a journal that does not verify, OSError.
    """
    journal = journal_of(folder)
    if not journal.is_file():
        raise UsageFault(f"{folder} is no run: it holds no journal. Nothing was kept. Give the folder of a run.")
    if next(written_kinds(journal), None) is None:
        raise UsageFault(
            f"The journal of {folder} holds no event yet. Nothing was kept. A session that has just begun writes its first "
            "ones in groups: try again in a while."
        )
    refuse_other_key(journal, key)
    has_ended = checksum_holds(folder)
    if has_ended is False:
        raise JournalFault(
            f"The journal of {folder} does not end as the run left it: its end was cut off, or the file was changed. Nothing was "
            "kept. Restore it from an earlier backup."
        )
    database = None
    if is_pointer(journal):
        database = read_pointer(journal).database
        _out_of_database(journal, into / JOURNAL, key)
    else:
        picture_of_file(journal, into / JOURNAL, as_it_is=has_ended is True)
    for file in _files(folder):
        if file.name not in (JOURNAL, CHECKSUM, POINTER, MOVING):
            place = into / file.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            picture_of_file(file, place)
    if has_ended:
        write_checksum(into)
    events, mac = end_of(into / JOURNAL, key)
    named = key_named(into / JOURNAL) or ""
    return KeptRun(name=folder.name, events=events, mac=mac, key=named, has_ended=has_ended is True, database=database)


def end_of(journal: Path, key: bytes) -> tuple[int, str]:
    """How many events a journal has and the MAC of the last one, all of them verified. Raises JournalFault."""
    last = (0, "")
    with closing(read_rows(journal, key)) as rows:
        for row in rows:
            last = (row.seq, row.mac)
    return last


def picture_of_state(state: Path, into: Path, left_out: frozenset[str]) -> None:
    """Copy the state folder into `into`, without the files `left_out` and without what can be made again. Raises OSError."""
    if not state.is_dir():
        return
    for file in _files(state):
        inside = file.relative_to(state)
        if inside.parts[0] in _LEFT_OUT or inside.as_posix() in left_out:
            continue
        place = into / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        picture_of_file(file, place)


def picture_of_file(file: Path, place: Path, *, as_it_is: bool = False) -> None:
    """Copy a file; one of SQLite by its online backup, unless it is known to be at rest. Raises OSError, OutputFault."""
    with file.open("rb") as stream:
        is_database = stream.read(len(_SQLITE)) == _SQLITE
    if as_it_is or not is_database:
        shutil.copyfile(file, place)
        return
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(place)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as fault:
        raise OutputFault(
            f"{file} cannot be copied ({fault}). Nothing was kept. End what locks it, then try again."
        ) from fault


def _out_of_database(journal: Path, place: Path, key: bytes) -> None:
    store = SqliteStore.begin(place)
    try:
        with closing(read_rows(journal, key)) as rows:
            while page := list(islice(rows, _AT_ONCE)):
                store.write(page)
    finally:
        store.close()


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order: no link, nothing of a write that was broken off, nothing that SQLite keeps open."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and not file.name.endswith((*_BESIDE, ".tmp", ".lock")):
            yield file
