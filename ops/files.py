"""Writes a file whole or not at all: beside its place first, then moved onto it. Refuses to leave half of one."""

import os
from pathlib import Path

from config.errors import OutputFault


def write_whole(path: Path, content: bytes) -> None:
    """Write bytes to `path`, replacing what was there. Raises OutputFault when the disk refuses."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as fault:
        beside.unlink(missing_ok=True)
        raise OutputFault(
            f"{path.name} cannot be written ({fault.strerror}). The journal is complete without it; free some space or "
            f"make the folder writable, then run again."
        ) from fault
