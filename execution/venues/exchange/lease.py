"""One session an account: a lock of this machine on an account at an exchange.

Sessions of other machines are found by their orders (`ExchangeVenue.foreign`). The lock ends with the process that holds it,
however that ends. It refuses a second session, and never waits for the first to end.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import OutputFault, UsageFault

UNKNOWN = "unknown"
"""A holder whose process is not known."""


@contextmanager
def account_lock(folder: Path, mark: str) -> Iterator[None]:
    """Hold the account with this mark. `folder`: where locks of accounts lie.

    Raises UsageFault if another process holds it, OutputFault if the lock cannot be written.
    """
    path = folder / f"{mark}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise OutputFault(
            f"The lock of the account cannot be written in {folder} ({fault.strerror}). Nothing was started. "
            "Set TRIBUNAL_STATE_DIR to a folder that you can write."
        ) from fault
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageFault(
                f"Another session trades on this account (process {_named(handle)}). Nothing was started: two sessions "
                "would sell each other's coins. Stop that one first."
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def holder(folder: Path, mark: str) -> str | None:
    """The process that holds the account with this mark; None for nobody. It makes no file, and asks for a moment only.

    Raises OutputFault if the lock cannot be read.
    """
    try:
        handle = os.open(folder / f"{mark}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise OutputFault(
            f"The lock of the account cannot be read in {folder} ({fault.strerror}). Make that folder readable."
        ) from fault
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _named(handle)
    finally:
        os.close(handle)
    return None


def _named(handle: int) -> str:
    return os.read(handle, 32).decode(errors="replace").strip() or UNKNOWN
