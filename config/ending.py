"""How a command ends: with an exit code and, for every error that a user can cause, a sentence and no traceback."""

import errno
import os
import sys
from collections.abc import Callable

from config.errors import OutputFault, TribunalError
from config.reading.anywhere import speak_anywhere

INTERRUPTED = 130


def ended(work: Callable[[], int], interrupted: str) -> int:
    """Run `work` and return its exit code, or the exit code of the error that stopped it.

    Prints `interrupted` on stderr after Ctrl-C. When the reader of stdout closes the pipe (`| head`), printing stops and the
    exit code is 0: all files were written before.
    """
    speak_anywhere()
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
