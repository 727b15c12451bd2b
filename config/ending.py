"""How a command ends: with an exit code and, for every error that a user can cause, a sentence and no traceback."""

import errno
import io
import os
import sys
from collections.abc import Callable

from config.errors import OutputFault, TribunalError

INTERRUPTED = 130


def ended(work: Callable[[], int], interrupted: str) -> int:
    """Run `work` and return its exit code, or the exit code of the error that stopped it.

    Prints `interrupted` on stderr after Ctrl-C. When the reader of stdout closes the pipe (`| head`), printing stops and the
    exit code is 0: all files were written before.
    """
    _speak_in_any_locale()
    try:
        code = work()
        sys.stdout.flush()
    except TribunalError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code
    except KeyboardInterrupt:
        sys.stderr.write(f"{interrupted}\n")
        return INTERRUPTED
    except OSError as fault:
        if fault.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if fault.errno == errno.EPIPE:
            return 0
        sys.stderr.write(
            "The disk behind stdout is full. The printed output is lost; all files of the command were written before. "
            "Free some space.\n"
        )
        return OutputFault.exit_code
    return code


def _speak_in_any_locale() -> None:
    """Print "?" for what the terminal's encoding does not have, instead of stopping: files are UTF-8 in any locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")
