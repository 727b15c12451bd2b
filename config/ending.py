"""How a command ends: with its exit code, and with a sentence instead of a traceback for whatever a user may meet."""

import errno
import os
import sys
from collections.abc import Callable

from config.errors import OutputFault, TribunalError

INTERRUPTED = 130


def ended(work: Callable[[], int], interrupted: str) -> int:
    """Run `work` and return its exit code, or that of the error that ended it; `interrupted` is said on Ctrl-C.

    A reader of stdout that goes away (`| head`) ends the printing, not the work: what was to be written is written.
    """
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
            "The disk behind stdout is full: what was to be printed is lost, what was to be kept is kept.\n"
        )
        return OutputFault.exit_code
    return code
