"""The folder of a run. A run that fails while it starts leaves none behind."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from config.errors import OutputFault
from config.files import write_whole
from execution.journal.chain import last_row
from execution.journal.stores.pointer import CHECKSUM as CHECKSUM
from execution.journal.stores.pointer import JOURNAL as JOURNAL
from execution.journal.stores.pointer import POINTER, Sealed, is_pointer, read_pointer, seal_pointer

REQUEST = "request.json"
"""What was typed: for resuming. No decision depends on it."""


class RunFolder(NamedTuple):
    """The folder of a run, and whether this run made it (the user may give an empty folder)."""

    path: Path
    made: bool

    def remove(self) -> None:
        """Remove the files of an unfinished run, and nothing else."""
        for file in (*self.path.glob(f"{JOURNAL}*"), self.path / POINTER, self.path / REQUEST):
            file.unlink(missing_ok=True)
        if self.made:
            with suppress(OSError):
                self.path.rmdir()


def journal_of(folder: Path) -> Path:
    """The journal of a run: its file, or the file that names the database in which it lies. It need not exist."""
    pointer = folder / POINTER
    return pointer if pointer.exists() else folder / JOURNAL


def new_journal(folder: Path, url: str | None) -> Path:
    """Where the journal of a new run begins. `url`: the database that the profile names."""
    return folder / (JOURNAL if url is None else POINTER)


def make_folder(out: str | None, profile: str) -> RunFolder:
    """Create the folder of a new run. Raises OutputFault if it exists and is not empty, or cannot be made."""
    try:
        if out is not None:
            return _given(Path(out))
        return RunFolder(_next(Path("runs"), profile), made=True)
    except OSError as fault:
        place = out or "runs"
        raise OutputFault(
            f"The run's folder cannot be made at {place} ({fault.strerror}). Nothing was started. Give another --out."
        ) from fault


def write_checksum(folder: Path) -> None:
    """Write the digest of the finished journal's file, in the format of `sha256sum --check`; in a database, note its end."""
    journal = journal_of(folder)
    if is_pointer(journal):
        last = last_row(journal)
        seal_pointer(journal, Sealed(last.seq, last.mac))
        return
    digest = file_digest(folder / JOURNAL)
    write_whole(folder / CHECKSUM, f"{digest}  {JOURNAL}\n".encode())


def forget_checksum(folder: Path) -> None:
    """Remove the digest, or the noted end, of a journal that is written again."""
    journal = journal_of(folder)
    if is_pointer(journal):
        seal_pointer(journal, None)
    (folder / CHECKSUM).unlink(missing_ok=True)


def checksum_holds(folder: Path) -> bool | None:
    """Whether the journal's file still has its noted digest, or the database its noted end; None if none was noted."""
    journal = journal_of(folder)
    if is_pointer(journal):
        sealed = read_pointer(journal).sealed
        if sealed is None:
            return None
        last = last_row(journal)
        return Sealed(last.seq, last.mac) == sealed
    noted = folder / CHECKSUM
    if not noted.is_file():
        return None
    return noted.read_text(encoding="utf-8", errors="replace").split(maxsplit=1)[:1] == [file_digest(folder / JOURNAL)]


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _given(folder: Path) -> RunFolder:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputFault(f"{folder} exists and is not empty: a run is never overwritten. Give another --out.")
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    return RunFolder(folder, made)


def _next(parent: Path, profile: str) -> Path:
    parent.mkdir(exist_ok=True)
    number = 1
    while True:
        folder = parent / f"{profile}-{number:03d}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder
