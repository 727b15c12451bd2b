"""Writes a file completely or not at all: to a temporary file first, which then replaces it.

Every file of the system that is written at once is written here. It loads only the standard library, because the kill switch uses
it.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, content: bytes, *, durable: bool = False, private: bool = False) -> None:
    """Write a file so that a reader sees the old or the new one, and never a part.

    `durable`: it is on the disk when this returns. `private`: no other user of this machine may read it. Raises OSError; the old
    file is then unchanged.
    """
    with _beside(path, content, durable=durable, private=private) as new:
        os.replace(new, path)
    if durable:
        sync_folder(path.parent)


def write_once(path: Path, content: bytes) -> None:
    """Write a durable, private file where there is none. Raises FileExistsError where there is one, and OSError.

    Of processes that race, one writes its whole file and the others find it.
    """
    with _beside(path, content, durable=True, private=True) as new:
        os.link(new, path)
    sync_folder(path.parent)


def behind_links(path: Path) -> Path:
    """The whole path of what a name stands for, behind all links. Links that lead back to themselves are left as they are: who
    reads them is refused by the system (`Path.resolve` raises RuntimeError, which is no answer to a user). So is a name that no
    file can have."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a NUL in it
        return Path(os.path.abspath(path))


@contextmanager
def passing_folder() -> Iterator[Path]:
    """An empty folder that is removed afterwards. Raises OSError."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def copied(files: Iterable[Path]) -> Iterator[Path]:
    """A folder with copies of these files, of those that exist; it is removed afterwards. Raises OSError."""
    with passing_folder() as folder:
        for file in files:
            if file.exists():
                shutil.copyfile(file, folder / file.name)
        yield folder


def put_in_place(new: Path, path: Path) -> None:
    """Replace a file durably by a whole one that lies in the same folder and is on the disk. Raises OSError."""
    os.replace(new, path)
    sync_folder(path.parent)


def put_aside(file: str | Path, folder: Path) -> None:
    """Move a file into a private folder beside it, in the place of one of its name. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    os.replace(file, folder / Path(file).name)


def rename(file: str, name: str) -> None:
    """Give a file another name in its folder, at once or not at all: of several that try, one does. Raises FileNotFoundError for
    the others, OSError where it cannot be done."""
    os.replace(file, f"{os.path.dirname(file)}/{name}")


def sync_folder(folder: Path) -> None:
    """Make a new name or a removal in a folder survive a power cut, where the file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def streamed_whole(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file at `path`, durably and as a whole, when it is left; nothing of it stays after an
    exception. `private`: no other user of this machine may read the file. Raises OSError.
    """
    with _new_beside(path, private=private) as (new, stream):
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
        put_in_place(new, path)


@contextmanager
def _beside(path: Path, content: bytes, *, durable: bool, private: bool) -> Iterator[Path]:
    """A whole file beside `path`, gone at the end unless it was moved."""
    with _new_beside(path, private=private) as (new, stream):
        stream.write(content)
        stream.flush()
        if durable:
            os.fsync(stream.fileno())
        yield new


@contextmanager
def _new_beside(path: Path, *, private: bool) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside `path`, open; gone at the end unless it was moved."""
    new = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        new.unlink(missing_ok=True)  # of a process that was killed
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if private else 0o666)
        with os.fdopen(descriptor, "wb") as stream:
            yield new, stream
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
