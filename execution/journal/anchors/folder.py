"""Marks in a folder of the user's: one file a journal, one line of JSON a mark.

A file is only ever appended to, so it may lie where nothing else is allowed (`chattr +a`, a share that another machine owns). A
line that was cut off is left as it is and counts as not written. It refuses to make the folder: one that is not mounted would
otherwise be kept on the very disk that it should be apart from.
"""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from config.errors import UsageFault
from config.files import sync_folder
from execution.journal.anchors.marks import Mark, Said

_ENDING = ".anchors.jsonl"


class FolderAnchors:
    """Marks in the files of a folder."""

    def __init__(self, folder: Path) -> None:
        """Raises UsageFault for a folder that is not there."""
        self._folder = folder.expanduser().absolute()
        if not self._folder.is_dir():
            raise UsageFault(
                f"{self._folder}, which should keep the journal's head, is no folder. Nothing was started. Mount it or make it, "
                "or name another folder."
            )

    @property
    def place(self) -> str:
        return str(self._folder)

    def keep(self, journal: str, mark: Mark) -> None:
        file = self._file(journal)
        line = json.dumps(mark._asdict() | {"at_utc": mark.at_utc.isoformat()}).encode() + b"\n"
        is_new, torn = not file.exists(), _is_torn(file)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, b"\n" + line if torn else line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self._folder)

    def kept(self, journal: str) -> Sequence[Mark]:
        try:
            lines = self._file(journal).read_bytes().split(b"\n")
        except FileNotFoundError:
            return ()
        return tuple(found for line in lines if (found := _mark(line)) is not None)

    def known(self, beginning: str) -> Sequence[str]:
        return sorted(
            file.name.removesuffix(_ENDING) for file in self._folder.iterdir() if _is_of(file.name, beginning)
        )

    def _file(self, journal: str) -> Path:
        return self._folder / f"{journal}{_ENDING}"


def _is_of(name: str, beginning: str) -> bool:
    return name.startswith(beginning) and name.endswith(_ENDING)


def _is_torn(file: Path) -> bool:
    """Whether the last line of a file was cut off."""
    try:
        with file.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) != b"\n"
    except OSError:
        return False


def _mark(line: bytes) -> Mark | None:
    """The mark of a line; None for an empty line and for one that was cut off. Raises ValueError for one that is no mark."""
    try:
        tree = json.loads(line)
    except ValueError:
        return None
    try:
        return Mark(int(tree["seq"]), str(tree["mac"]), datetime.fromisoformat(tree["at_utc"]), Said(tree["said"]))
    except (KeyError, TypeError) as fault:
        raise ValueError(f"a line is no mark of a journal: {fault}") from fault
