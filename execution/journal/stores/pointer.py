"""The small file in the folder of a run whose journal lies in a database: which database, and which run it is there.

When the run has ended it holds the number of events and the last MAC as well, so that an end that was cut off is noticed. It
refuses to hold a password.
"""

import json
from pathlib import Path
from typing import NamedTuple

from config.errors import JournalFault
from config.files import write_once, write_whole
from config.sections.journal import database_url

POINTER = "journal.json"
JOURNAL = "journal.db"
"""The journal's file, where the profile names no database."""
CHECKSUM = "journal.sha256"
"""The digest of a journal's file, which is there when the run has ended."""
MOVING = "moving.journal.json"
"""The same while a journal is moved into a database."""


class Sealed(NamedTuple):
    """How a finished run ends: the number of its last event, and that event's MAC."""

    events: int
    mac: str


class Pointer(NamedTuple):
    """Where the rows of a run lie. `run`: its id in the database."""

    url: str
    run: str
    sealed: Sealed | None = None

    @property
    def database(self) -> str:
        """The database as a message names it."""
        return self.url.partition("?")[0]


def is_pointer(journal: Path) -> bool:
    """Whether the journal at this path lies in a database."""
    return journal.name in (POINTER, MOVING)


def read_pointer(path: Path) -> Pointer:
    """Raises JournalFault for a file that is not there or was not written by a run."""
    try:
        tree = json.loads(path.read_bytes())
        sealed = tree.get("sealed")
        end = None if sealed is None else Sealed(int(sealed["events"]), str(sealed["mac"]))
        return Pointer(database_url(str(tree["database"])), str(tree["run"]), end)
    except FileNotFoundError:
        raise JournalFault(f"There is no journal at {path}. Give the folder of a run.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise JournalFault(
            f"{path} does not say where the journal of the run lies ({fault}). Nothing was read. Restore it from a copy."
        ) from fault


def place_pointer(path: Path, pointer: Pointer) -> None:
    """Write a pointer where there is none, durably. Raises FileExistsError, OSError."""
    write_once(path, _text(pointer))


def seal_pointer(path: Path, sealed: Sealed | None) -> None:
    """Note how the run ended; None: it is written again. Raises OSError, JournalFault."""
    found = read_pointer(path)
    if found.sealed != sealed:
        write_whole(path, _text(found._replace(sealed=sealed)), durable=True, private=True)


def _text(pointer: Pointer) -> bytes:
    tree: dict[str, object] = {"database": pointer.url, "run": pointer.run}
    if pointer.sealed is not None:
        tree["sealed"] = pointer.sealed._asdict()
    return (json.dumps(tree, indent=2) + "\n").encode()


def has_ended(folder: Path) -> bool:
    """Whether the run in a folder has ended: its journal is closed and sealed. False for one that was killed. Raises
    JournalFault for a pointer that cannot be read."""
    if (folder / POINTER).exists():
        return read_pointer(folder / POINTER).sealed is not None
    return (folder / CHECKSUM).exists()
