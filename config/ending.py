"""How a command ends: with an exit code and, for every error that a user can cause, a sentence and no traceback.

What a command does is more than what it prints. So a stdout or stderr that is closed, or goes away, or is full, ends nothing: the
command does all its work, what could not be printed is dropped, and only a full disk is a fault (code 5). A closed stream is
opened on nothing first, because the next file that is opened would take its number, and its lines.
"""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from config.errors import OutputFault, TribunalError, UsageFault
from config.reading.anywhere import speak_anywhere
from config.state import VARIABLE, env_text

INTERRUPTED = 130
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def ended(work: Callable[[], int], interrupted: str) -> int:
    """Run `work` and return its exit code, or the exit code of the error that stopped it.

    Prints `interrupted` on stderr after Ctrl-C. When the reader of stdout closes the pipe (`| head`), the work goes on and its
    exit code stays.
    """
    open_closed_streams()
    speak_anywhere()
    with _kept_streams() as streams:
        _tell_misspelt()
        try:
            code = work()
        except TribunalError as fault:
            sys.stderr.write(f"{fault}\n")
            return fault.exit_code
        except KeyboardInterrupt:
            sys.stderr.write(f"{interrupted}\n")
            return INTERRUPTED
        except OSError as fault:
            if fault.errno not in _FULL:
                raise
            where = fault.filename or "a file of the command"
            sys.stderr.write(
                f"The disk is full: {where} cannot be written. The command stopped there. Free some space.\n"
            )
            return OutputFault.exit_code
    if streams.stdout is None or streams.stdout.lost not in _FULL:
        return code
    sys.stderr.write(
        "The disk behind stdout is full. The printed output is lost; all files of the command were written. Free some space.\n"
    )
    return code or OutputFault.exit_code


def _tell_misspelt() -> None:
    """Say on stderr, once, which variables of the environment or of `.env` are ours by name, and are read by nothing."""
    with suppress(UsageFault):  # a `.env` that is no text is told by what needs it
        names = {*os.environ, *_named(env_text(Path(".env")))}
        if any(name.upper().startswith("TRIBUNAL_") and name.upper() != VARIABLE for name in names):
            from config.secrets import misspelt  # it loads pydantic-settings, which a kill switch need not wait for

            for line in misspelt(names):
                sys.stderr.write(f"{line}\n")


def _named(text: str) -> list[str]:
    """The names that the lines of a `.env` set."""
    lines = (line.strip().removeprefix("export ") for line in text.splitlines())
    return [line.partition("=")[0].strip() for line in lines if "=" in line and not line.startswith("#")]


def open_closed_streams() -> None:
    """Open those of stdin, stdout and stderr that were closed before the program began (`>&-`) on nothing."""
    for number, (name, mode) in enumerate(_STREAMS):
        if getattr(sys, name) is None:
            if not _is_open(number):
                os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


class _Lossy(io.FileIO):
    """A stream that goes on after its reader is gone or its disk is full. `lost` is the number of that error."""

    lost = 0

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except BlockingIOError:
            raise
        except OSError as fault:
            self.lost = fault.errno or errno.EIO
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(memoryview(data).cast("B"))


class _Streams(NamedTuple):
    stdout: _Lossy | None
    stderr: _Lossy | None


@contextmanager
def _kept_streams() -> Iterator[_Streams]:
    """Put streams that lose what cannot be printed in the place of the program's own; a test's stay as they are."""
    before = sys.stdout, sys.stderr
    raws = _Streams(_raw(sys.stdout, sys.__stdout__), _raw(sys.stderr, sys.__stderr__))
    if raws.stdout is not None:
        utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        sys.stdout = _text(raws.stdout, sys.stdout, "surrogateescape" if utf8 else "replace")
    if raws.stderr is not None:
        sys.stderr = _text(raws.stderr, sys.stderr, "backslashreplace")
    try:
        yield raws
    finally:
        for now in (sys.stdout, sys.stderr):
            now.flush()
        sys.stdout, sys.stderr = before


def _raw(stream: TextIO, own: TextIO | None) -> _Lossy | None:
    """The unbuffered stream below one of the program's own; None for what a caller put there, or what has no number."""
    if stream is not own:
        return None
    with suppress(OSError, ValueError):
        stream.flush()
        return _Lossy(stream.fileno(), "w", closefd=False)
    return None


def _text(raw: _Lossy, like: TextIO, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=like.encoding,
        errors=errors,
        newline="\n",
        line_buffering=raw.isatty() or like is sys.stderr,
    )


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
