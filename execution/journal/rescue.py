"""The rescue file: what a journal could not write, in another folder, until it can.

One line of JSON an event, with its number and its MAC: the chain goes on where the journal ends. The file has the name of the
journal's first MAC, so a resumed run finds it wherever its folder lies. A line that was cut off is taken back before the next one
is written, and counts as not written when the file is read.

It refuses to give a journal what does not fit its end.
"""

import hmac
import json
import os
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from config.errors import JournalFault
from config.files import sync_folder
from execution.journal.chain import Journal, first_row, read_rows
from execution.journal.rows import Row, link

FOLDER = "rescued"
"""The folder of rescue files in the folder of the user's state."""
_AT_ONCE = 1_000_000


def rescue_file(state: Path, journal: Path) -> Path:
    """Where the events of a journal lie that it could not write. Raises JournalFault for a journal without an event."""
    return state / FOLDER / f"{first_row(journal).mac[:24]}.jsonl"


class Rescue:
    """The rescue file of one journal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = self._last = 0

    def save(self, rows: Sequence[Row]) -> None:
        """Write those of the waiting events that it does not hold yet, durably. Raises OSError; the next try writes them too."""
        lines = "".join(_line(row) for row in rows if row.seq > self._last).encode()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, self._size)
            os.lseek(descriptor, 0, os.SEEK_END)
            with os.fdopen(os.dup(descriptor), "wb") as stream:
                stream.write(lines)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if not self._size:
            sync_folder(self.path.parent)
        self._size, self._last = self._size + len(lines), rows[-1].seq

    def remove(self) -> None:
        """The journal holds all of it now."""
        self._size = self._last = 0
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def take_in(journal: Path, key: bytes, state: Path) -> int:
    """Append what a rescue file holds of a journal, and remove it. Returns how many events that were; 0 where there is none.

    Raises JournalFault for a file that does not fit the journal's end, OutputFault if the journal cannot be written.
    """
    if not (state / FOLDER).is_dir():
        return 0
    file = rescue_file(state, journal)
    rows = _rows(file)
    if not rows:
        return 0
    last, there = None, dict[int, str]()
    with closing(read_rows(journal, key)) as events:
        for last in events:
            if last.seq >= rows[0].seq:
                there[last.seq] = last.mac
    assert last is not None  # its first event gave the file its name
    new = [row for row in rows if row.seq not in there]
    if any(there[row.seq] != row.mac for row in rows if row.seq in there) or not _follow(last, new, key):
        raise JournalFault(
            f"The rescue file {file} does not go on where {journal} ends: one of them was changed. Nothing was started. Move the "
            "rescue file away to go on without it; the exchange's trade list then says what is missing."
        )
    if new:
        written = Journal.reopen(journal, key, _AT_ONCE, last.mac, last.seq)
        try:
            for row in new:
                written.take(row)
            written.close()
        except BaseException:
            written.abandon()
            raise
    Rescue(file).remove()
    return len(new)


def _follow(last: Row, rows: Sequence[Row], key: bytes) -> bool:
    for row in rows:
        right = link(key, last.mac, row.seq, row.kind, row.payload)
        if row.seq != last.seq + 1 or not hmac.compare_digest(right.encode(), row.mac.encode()):
            return False
        last = row
    return True


def _line(row: Row) -> str:
    return json.dumps({**row._asdict(), "payload": row.payload.decode()}) + "\n"


def _rows(file: Path) -> list[Row]:
    """The whole lines of a rescue file; none where there is none. Raises JournalFault for one that is none."""
    try:
        lines = file.read_bytes().split(b"\n")[:-1]
        found = [json.loads(line) for line in lines]
        return [Row(int(row["seq"]), str(row["kind"]), str(row["payload"]).encode(), str(row["mac"])) for row in found]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise JournalFault(
            f"The rescue file {file} cannot be read ({fault}). Nothing was started. Restore it, or move it away to go on "
            "without it."
        ) from fault
