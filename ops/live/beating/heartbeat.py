"""The heartbeat: a small file in the folder of a run that the trading loop itself writes, after each look between two bars and
after each finished bar. A thread would go on beating while the loop hangs, so there is none.

The session holds a lock on the file. The kernel frees it when the process is gone, whatever ended it, so a watchdog needs no
process id and may live in another container. A session that comes to its end takes the file away; one that fails leaves it.

Under systemd (`Type=notify`) the same beats go to its socket: READY=1, WATCHDOG=1, STATUS.
"""

import fcntl
import os
import socket
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError

from agents.records.record import CycleRecord, Session
from config.clock import Clock
from config.frozen import Frozen, Journaled, UtcTime

FILE = "heartbeat.json"
_SIZE = 512
"""Bytes of the file: always the same, so that one write replaces all of it."""
_EVERY_S = 1.0
_TRIES, _SOON_S = 50, 0.01


class Heartbeat(Frozen):
    """What the file says."""

    run: str = Field(description="name of the run's folder")
    profile: str = Field(description="name of the profile, empty before the session began")
    pid: int = Field(description="id of the process")
    at_utc: UtcTime = Field(description="the last beat, by the machine's clock")
    bars: int = Field(description="bars that were finished since the process began")
    bar_utc: UtcTime | None = Field(description="close of the last finished bar; null before the first")
    due_utc: UtcTime | None = Field(description="close of the next one; null where none is awaited")


class Beating:
    """A context manager around a session on the clock, and a listener to it. `beat` is called by the trading loop alone."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path, self._clock = folder / FILE, clock
        self._name = folder.resolve().name
        self._file = -1
        self._last: datetime | None = None
        self._session: Session | None = None
        self._bars = 0
        self._bar: datetime | None = None

    def __enter__(self) -> Self:
        with suppress(OSError):  # without it the session trades as ever, and a watchdog says that it has no heartbeat
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._lock()
        self.beat()
        return self

    def __exit__(self, kind: object, fault: object, trace: object) -> None:
        notify("STOPPING=1")
        if self._file < 0:
            return
        if fault is None:
            with suppress(OSError):
                self._path.unlink()
        os.close(self._file)

    def _lock(self) -> None:
        """A watchdog that looks at this moment holds a lock of its own, very shortly. Raises OSError where one is held on."""
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(_SOON_S)
        raise BlockingIOError

    def beat(self) -> None:
        """The trading loop is here. It costs nothing more than once a second."""
        now = self._clock.now()
        if self._last is None:
            notify("READY=1\nSTATUS=begins")
        elif (now - self._last).total_seconds() < _EVERY_S:
            return
        self._write(now)

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: the record of a bar is the last one of that bar."""
        if isinstance(event, Session):
            self._session = event
        elif isinstance(event, CycleRecord):
            self._bar = event.as_of_utc
            if not past:
                self._bars += 1
                self._write(self._clock.now())

    def _write(self, now: datetime) -> None:
        self._last = now
        bar, session = self._bar, self._session
        told = Heartbeat(
            run=self._name,
            profile="" if session is None else session.settings.profile,
            pid=os.getpid(),
            at_utc=now,
            bars=self._bars,
            bar_utc=bar,
            due_utc=None if session is None else (bar or session.start_utc) + session.timeframe.duration,
        )
        closed = "none" if bar is None else f"{bar:%Y-%m-%d %H:%M} UTC"
        notify(f"WATCHDOG=1\nSTATUS={self._bars} bars, the last one {closed}")
        if self._file >= 0:
            with suppress(OSError):
                os.pwrite(self._file, told.canonical().ljust(_SIZE), 0)


def heartbeat_of(folder: Path) -> Heartbeat | None:
    """What the file of a run says; None if it is not there or cannot be read."""
    try:
        return Heartbeat.model_validate_json((folder / FILE).read_bytes().strip())
    except (OSError, ValidationError):
        return None


def lives(folder: Path) -> bool:
    """Whether a process holds the heartbeat of a run."""
    try:
        file = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def notify(text: str) -> bool:
    """Tell systemd; whether there was one to be told (sd_notify(3), without its library)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
        to.setblocking(False)
        to.sendto(text.encode(), f"\0{address[1:]}" if address[0] == "@" else address)
        return True
    return False
