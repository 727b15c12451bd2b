"""The latch of the kill switch: a file that says "no new risk", for one profile or for all.

It needs no session, journal, network or large package: only the standard library is loaded. The latch is written to a temporary
file, synced and renamed. If the disk is full, an empty file is the last resort. It fails closed: a file in its place that cannot
be read as a latch counts as a latch. The log beside it is append-only.

    STATE/halt/all.latch, NAME.profile.latch       there: latched
    STATE/halt/all.lifted, NAME.profile.lifted     who lifted it last and why, until a session has noted it (then .told)
    STATE/halt/log.jsonl                           every halt and every resume
"""

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from config.clock import aware
from config.files import sync_folder, write_whole

ALL = "all"
"""The scope of a latch for every profile. Any other scope is the name of one profile."""

UNKNOWN = "unknown"
LONGEST_REASON = 500
_LARGEST = 65_536
"""Bytes of a latch file above which it is not one."""


class Latch(NamedTuple):
    """Who halted what, when (ISO 8601, UTC; "unknown" if it cannot be read) and why, and whether positions are sold."""

    scope: str
    who: str
    given_utc: str
    why: str
    flatten: bool


class Lift(NamedTuple):
    """Who lifted a latch, when and why."""

    scope: str
    who: str
    given_utc: str
    why: str


class LatchFolder:
    """The latches of one state folder."""

    def __init__(self, state: Path) -> None:
        self.path = state / "halt"
        self._folder = str(self.path)
        self._is_there = False
        self._latches: dict[str, str] = {}

    def file(self, scope: str, ending: str = "latch") -> Path:
        """The file of a scope's latch, or of its lift."""
        name = ALL if scope == ALL else f"{_on_disk(scope)}.profile"
        return self.path / f"{name}.{ending}"

    @property
    def is_missing(self) -> bool:
        """Whether there is no such folder, as before the first halt, and so no latch of any scope. A folder that cannot be looked
        at is not missing; one that was there is not looked at again, since the latches are."""
        if not self._is_there:
            try:
                os.lstat(self._folder)
            except FileNotFoundError:
                return True
            except _UNREADABLE:
                return False
            self._is_there = True
        return False

    def read(self, scope: str) -> Latch | None:
        """The latch of a scope; None if there is none. Never raises: a file that cannot be read is a latch."""
        file = self._latches.get(scope)
        if file is None:  # sessions look at every bar, and making a path costs more than the look
            file = self._latches[scope] = str(self.file(scope))
        try:
            os.lstat(file)  # where there is none, which is nearly always, this costs a third of an attempt to open it
            found = json.loads(_content(file))
            return Latch(scope, *_texts(found), flatten=_truth(found, "flatten"))
        except FileNotFoundError:
            return None
        except _UNREADABLE as fault:
            why = f"{Path(file).name} cannot be read ({type(fault).__name__}), which counts as latched"
            return Latch(scope, UNKNOWN, UNKNOWN, why, flatten=False)

    def standing(self) -> tuple[Latch, ...]:
        """All latches that are down, of every scope."""
        scopes = [ALL, *(_from_disk(file.name) for file in sorted(self.path.glob("*.profile.latch")))]
        return tuple(latch for scope in scopes if (latch := self.read(scope)) is not None)

    def set(self, wanted: Latch) -> Latch:
        """Set a latch and return it as it was read back. A latch that is down keeps who, when and why; flatten is added.

        Raises OSError if no file could be written. A latch that reads back as "unknown" is down, but its content could not be
        written.
        """
        file, before = self.file(wanted.scope), self.read(wanted.scope)
        if before is not None and before.given_utc != UNKNOWN:
            wanted = before._replace(flatten=before.flatten or wanted.flatten)
        if before != wanted:
            try:
                _write(file, wanted._asdict())
            except OSError:
                if not os.path.lexists(file):
                    os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))  # empty: damaged, and so latched
        now = self.read(wanted.scope)
        if now is None:
            raise OSError(0, "it was gone at once")
        return now

    def lift(self, lift: Lift) -> None:
        """Log a lift, keep it for the next session to note, and remove the latch. Raises OSError; the latch then stays."""
        self.log("resumed", lift._asdict())
        _write(self.file(lift.scope, "lifted"), lift._asdict())
        self.file(lift.scope).unlink(missing_ok=True)
        sync_folder(self.path)

    def lifted(self, scope: str, *, fresh: bool) -> Lift | None:
        """The last lift of a scope; with `fresh`, only one that no session has noted yet, and it counts as noted now."""
        new, old = self.file(scope, "lifted"), self.file(scope, "told")
        found = _read_lift(scope, new) or (None if fresh else _read_lift(scope, old))
        if found is not None and fresh:
            with suppress(OSError):
                os.replace(new, old)
        return found

    def log(self, what: str, entry: dict[str, object]) -> None:
        """Add a line to the log and sync it. Raises OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = json.dumps({"what": what, **entry}) + "\n"
        descriptor = os.open(self.path / "log.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read_lift(scope: str, file: Path) -> Lift | None:
    """A lift, or None if its file cannot be read: a lift is only information, and removes no latch."""
    try:
        return Lift(scope, *_texts(json.loads(_content(file))))
    except _UNREADABLE:
        return None


_UNREADABLE = (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError)


def _content(file: str | Path) -> bytes:
    """The content of a plain file. A link or a directory is an error, and a pipe counts as empty; none of them is awaited."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def _texts(found: dict[str, object]) -> tuple[str, str, str]:
    """Who, when and why: text that can be written down again, and a moment with its zone."""
    who, when, why = (_text(found[key]) for key in ("who", "given_utc", "why"))
    return who, aware(datetime.fromisoformat(when)).isoformat(), why


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not what a latch says")
    value.encode()
    return value


def _truth(found: dict[str, object], key: str) -> bool:
    value = found[key]
    if not isinstance(value, bool):
        raise ValueError("not what a latch says")
    return value


def _write(file: Path, content: dict[str, object]) -> None:
    """Whole or not at all, and on the disk when this returns."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(file, json.dumps(content).encode(), durable=True, private=True)


def _on_disk(scope: str) -> str:
    """A profile's name as part of a file name; a letter case or a dot of its own is no danger, a slash would be."""
    return scope.replace("%", "%25").replace("/", "%2F")


def _from_disk(name: str) -> str:
    return name.removesuffix(".profile.latch").replace("%2F", "/").replace("%25", "%")
