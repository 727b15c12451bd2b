"""What `tribunal journal` does: it verifies the journal of a run, moves it into a database, and makes the tables for that."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from agents.records.folder import CHECKSUM, JOURNAL, checksum_holds, journal_of
from agents.records.reading import refuse_other_key
from config.errors import JournalFault, OutputFault, UsageFault
from config.progress import Progress
from config.secrets import journal_key
from config.sections.journal import database_url
from execution.journal.chain import read_rows, written_kinds
from execution.journal.moving import PASSES, move
from execution.journal.stores.pointer import is_pointer, read_pointer
from execution.journal.stores.store import StoreFault
from ops.anchoring import agreed


def journal_command(arguments: argparse.Namespace) -> int:
    """Do the one thing that was asked; returns the exit code. Raises TribunalError."""
    if (arguments.run is None) == (arguments.prepare is None):
        raise UsageFault("Give the folder of a run, or --prepare with a database. Nothing was done.")
    if arguments.prepare is not None:
        return _prepare(_database("--prepare", arguments.prepare), arguments.writer)
    if arguments.writer is not None:
        raise UsageFault("--writer belongs to --prepare. Nothing was done.")
    folder, key = Path(arguments.run), journal_key()
    refuse_other_key(journal_of(folder), key)
    if arguments.to is not None:
        return _move(folder, key, _database("--to", arguments.to), quiet=arguments.quiet)
    return _verify(folder, key, arguments.anchors, quiet=arguments.quiet)


def _database(option: str, text: str) -> str:
    try:
        return database_url(text)
    except ValueError as fault:
        raise UsageFault(f"The database of {option} {fault}. Nothing was done.") from None


def _prepare(url: str, writer: str | None) -> int:
    from execution.journal.stores.postgres.preparing import prepare  # only where there is a database

    try:
        before, after = prepare(url, writer)
    except StoreFault as fault:
        raise OutputFault(
            f"The tables of journals in {url.partition('?')[0]} cannot be made ({fault}). Nothing was changed."
        ) from fault
    done = f"are of version {after}, as before" if before == after else f"are now of version {after}"
    sys.stdout.write(f"The tables of journals {done}.\n")
    if writer is not None:
        sys.stdout.write(f"The role {writer} may add and read events, and neither change nor remove one.\n")
    return 0


def _move(folder: Path, key: bytes, url: str, *, quiet: bool) -> int:
    holds = checksum_holds(folder) if (folder / JOURNAL).exists() else None
    if holds is False:
        raise JournalFault(
            f"{folder / JOURNAL} is not the file that the run left (its SHA-256 is not the one in {CHECKSUM}). It was not moved. "
            "Restore it from a copy."
        )
    with _progress(folder / JOURNAL, PASSES, quiet=quiet) as progress:
        moved = move(folder / JOURNAL, key, url, has_ended=holds is True, step=progress.advance)
    (folder / CHECKSUM).unlink(missing_ok=True)
    sys.stdout.write(
        f"{moved.head.events:,} events of {folder} lie in {moved.pointer.database} now, as run {moved.pointer.run}. All of them "
        f"verify there.\nThe file is kept as {moved.kept.name}, and no command reads it any more.\n"
    )
    return 0


def _progress(journal: Path, passes: int, *, quiet: bool) -> Progress:
    """Progress over all events of a journal, from the second second on."""
    events = sum(1 for _ in written_kinds(journal))
    return Progress(passes * events, "events", None if quiet else sys.stderr, after_s=1.0)


def _verify(folder: Path, key: bytes, anchors: str | None, *, quiet: bool) -> int:
    journal, events, mac = journal_of(folder), 0, ""
    with closing(read_rows(journal, key)) as rows, _progress(journal, 1, quiet=quiet) as progress:
        for row in rows:
            events, mac = row.seq, row.mac
            progress.advance()
    anchored, holds = agreed(folder, key, anchors), checksum_holds(folder)
    if holds is False:
        raise JournalFault(
            f"The {events} events of {folder} verify, and the journal does not end as the run left it: its end was cut off, or "
            "the file was changed outside the events. Restore it from a copy."
        )
    place = journal.name
    if is_pointer(journal):
        pointer = read_pointer(journal)
        place = f"{pointer.database}, run {pointer.run}"
    sys.stdout.write(f"{folder.name}: {events:,} events verify, in {place}. The last MAC is {mac}.\n")
    if holds is None:
        sys.stdout.write("No end is noted: the run was cut short, or it is under way.\n")
    if anchored is not None:
        sys.stdout.write(f"{anchored.words()}\n")
    else:
        sys.stdout.write("Its head was not kept outside (journal.anchor), so nobody can say whether it was cut back.\n")
    return 0
