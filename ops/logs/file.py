"""A file of JSON lines that grows to a size, is put away compressed, and of which a bounded number is kept. Only this user reads
it.

Lines are written by a thread of its own out of a bounded queue: a session never waits for a disk. Where there is no room, or the
disk is full, lines are left out; how many is the first line that can be written again, and it is told once on stderr.
"""

import errno
import fcntl
import gzip
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread

from config.errors import UsageFault
from config.files import put_in_place, streamed_whole

LARGEST = 10_000_000
"""Bytes of the file before it is put away."""
KEPT = 7
"""Compressed files that are kept beside it."""
ROOM = 4096
"""Lines that may wait."""
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_LAST_S = 3.0
_AGAIN_S = 0.2


class LogFile:
    """The file at `path`. `left_out` makes the line that says how many lines are missing; `tell` takes words for stderr.

    Raises UsageFault for a path that cannot be written, is no regular file, or that another session writes.
    """

    def __init__(
        self,
        path: Path,
        left_out: Callable[[int], str],
        tell: Callable[[str], None],
        largest: int = LARGEST,
        kept: int = KEPT,
        room: int = ROOM,
    ) -> None:
        self.path, self._left_out, self._tell = path, left_out, tell
        self._largest, self._kept = largest, kept
        self._waiting: Queue[str] = Queue(room)
        self._unheard = self._unwritten = self._said = 0
        self._is_told = False
        self._over = Event()
        self._file = _opened(path)
        self._thread = Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Hand over a line, without its end. Never waits."""
        try:
            self._waiting.put_nowait(line)
        except Full:
            self._unheard += 1

    def close(self) -> None:
        """Write what waits, for a few seconds at most, and close the file."""
        self._over.set()
        self._thread.join(_LAST_S)

    def _work(self) -> None:
        while True:
            try:
                line = self._waiting.get(timeout=_AGAIN_S)
            except Empty:
                if not self._over.is_set():
                    continue
                self._write(())
                break
            self._write((line,))
        with suppress(OSError):
            os.close(self._file)

    def _write(self, lines: tuple[str, ...]) -> None:
        """Write lines, after how many were left out before them."""
        try:
            missing = self._unheard + self._unwritten - self._said
            if missing:
                self._append(self._left_out(missing))
                self._said += missing
            for line in lines:
                self._append(line)
        except OSError as fault:
            self._unwritten += len(lines)
            if not self._is_told:
                self._is_told = True
                self._tell(f"The log {self.path} cannot be written ({fault.strerror}). The session goes on without it.")

    def _append(self, line: str) -> None:
        """Write one whole line, or nothing of it. Raises OSError."""
        text = f"{line}\n".encode()
        size = os.fstat(self._file).st_size
        if size + len(text) > self._largest:
            self._put_away()
            size = 0
        if os.write(self._file, text) < len(text):
            os.ftruncate(self._file, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _put_away(self) -> None:
        """Compress the file into the first of those that are kept, and begin it anew. Raises OSError."""
        if self._kept:
            self._archive(self._kept).unlink(missing_ok=True)
            for number in range(self._kept - 1, 0, -1):
                if self._archive(number).exists():
                    put_in_place(self._archive(number), self._archive(number + 1))
            with (
                self.path.open("rb") as full,
                streamed_whole(self._archive(1), private=True) as stream,
                gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed,
            ):
                shutil.copyfileobj(full, packed)
        os.ftruncate(self._file, 0)

    def _archive(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}.gz")


def _opened(path: Path) -> int:
    """The file, open to be appended to by this process alone. Raises UsageFault."""
    try:
        file = os.open(path, _FLAGS, 0o600)
    except OSError as fault:
        raise UsageFault(
            f"The log {path} cannot be written ({fault.strerror}). Nothing was started. Give --log-file a file in a "
            "folder that is there."
        ) from fault
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise UsageFault(f"{path} is no regular file. Nothing was started. Give --log-file another one.")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(file, 0o600)
    except OSError as fault:
        os.close(file)
        raise UsageFault(
            f"Another session writes the log {path}, or it is not yours. Nothing was started. Give --log-file another one."
        ) from fault
    except UsageFault:
        os.close(file)
        raise
    return file
