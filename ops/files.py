"""Writes the output files of commands, each completely or not at all. A failed write is explained in one sentence."""

from pathlib import Path

from config.errors import OutputFault
from config.files import behind_links, write_whole


def write_output(path: Path, content: bytes) -> None:
    """Write bytes to `path`, replacing the old file. Raises OutputFault if it cannot be written."""
    try:
        write_whole(path, content)
    except OSError as fault:
        raise OutputFault(
            f"{path.name} cannot be written ({fault.strerror}). The journal is complete without it; free some space or "
            f"make the folder writable, then run again."
        ) from fault


def write_tables(path: str | None, text: str) -> None:
    """Write the printed tables to a file too, if a path is given. Raises OutputFault."""
    if path is None:
        return
    place = Path(path)
    try:
        if place.exists() and not place.is_file():  # a pipe or a terminal cannot be replaced
            place.write_text(text, encoding="utf-8")
        else:
            write_whole(behind_links(place), text.encode())
    except OSError as fault:
        raise OutputFault(
            f"The tables cannot be written to {path} ({fault.strerror}). They are printed above. Give another file."
        ) from fault
