"""A session that is logged: its events and all that is logged on stderr, as lines with secrets masked."""

import json
import logging
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from config.clock import Clock, SystemClock
from config.frozen import Journaled
from config.logging import masker
from ops.logs.file import LogFile
from ops.logs.lines import lines_of

LONGEST = 2000
"""Characters of one text in a line."""


class Logged(logging.Handler):
    """A listener to a session, and a handler of its logs: both write lines. `secrets`: bare values to mask."""

    def __init__(self, path: Path, secrets: Sequence[str], clock: Clock) -> None:
        """Raises UsageFault for a file that cannot be written."""
        super().__init__()
        self._mask, self._clock = masker(secrets), clock
        self._file = LogFile(path, lambda count: self._text("warning", {"event": "left_out", "lines": count}), _say)

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event: what a resumed run repeats was logged before."""
        if past:
            return
        for line in lines_of(event):
            self.note(str(line.pop("level", "info")), line)

    def emit(self, record: logging.LogRecord) -> None:
        """Take what is logged on stderr too."""
        try:
            told = {"event": "log", "logger": record.name, "text": record.getMessage()}
            if record.exc_info and record.exc_info[1] is not None:
                told["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            self.note(record.levelname.lower(), told)
        except Exception:  # noqa: BLE001  a line that cannot be made is left out
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the library's name
        """A line that cannot be made is left out without a word: stderr has it."""

    def note(self, level: str, line: Mapping[str, Any]) -> None:
        """Write a line."""
        self._file.write(self._text(level, line))

    def hide(self, secrets: Sequence[str]) -> None:
        """Mask these values from now on, which hold those that were masked before, and go on where logs were configured anew."""
        self._mask = masker(secrets)
        if self not in logging.getLogger().handlers:
            logging.getLogger().addHandler(self)

    def finish(self) -> None:
        """Write what waits, and close the file."""
        self._file.close()

    def _text(self, level: str, line: Mapping[str, Any]) -> str:
        known = {key: value for key, value in line.items() if value not in (None, "", ())}
        masked = self._mask(None, "", {key: _plain(value) for key, value in known.items()})
        assert isinstance(masked, dict)
        at = self._clock.now().isoformat(timespec="milliseconds")
        return json.dumps({"at": at, "level": level} | masked, allow_nan=False)


@contextmanager
def logged(path: str | None, secrets: Sequence[str]) -> Iterator[tuple[Logged, ...]]:
    """Who writes the log of a session while it lasts; nobody without a path. An error that ends it is its last line. Raises
    UsageFault."""
    if path is None:
        yield ()
        return
    log = Logged(Path(path), secrets, SystemClock())
    root = logging.getLogger()
    root.addHandler(log)
    try:
        yield (log,)
    except Exception as fault:
        log.note("error", {"event": "failed", "text": f"{type(fault).__name__}: {fault}"})
        raise
    finally:
        root.removeHandler(log)
        log.finish()


def _plain(value: Any) -> Any:
    """A value that JSON can say, with texts that have a bound."""
    match value:
        case bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            text = str(value)
            return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _say(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
