"""Real faults of storage: a device without room behind SQLite's open files, a limit on the size of files, and a lock."""

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def no_room(path: Path) -> Iterator[None]:
    """Whatever this process writes to the open files of a database fails: there is no space left on the device."""
    names = {str(path.resolve()) + ending for ending in ("", "-wal")}
    links = {int(each): os.readlink(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd") if _is_open(each)}
    files = [number for number, name in links.items() if name in names]
    assert len(files) >= 2
    full = os.open("/dev/full", os.O_RDWR)
    kept = {number: os.dup(number) for number in files}
    try:
        for number in files:
            os.dup2(full, number)
        yield
    finally:
        os.close(full)
        for number, before in kept.items():
            if _is_open(str(number)) and os.readlink(f"/proc/self/fd/{number}") == "/dev/full":
                os.dup2(before, number)
            os.close(before)


@contextmanager
def no_file_grows(path: Path) -> Iterator[None]:
    """No file of this process may be larger than the larger of a database and its log is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = max(each.stat().st_size for each in (path, path.with_name(f"{path.name}-wal")))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another connection writes to a database and does not end."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def _is_open(number: str) -> bool:
    return os.path.islink(f"/proc/self/fd/{number}")
