"""The same program in any locale: text and file names are UTF-8, whatever LC_ALL, LANG and PYTHONUTF8 say.

In an ASCII locale Python reads file names as halves of surrogate pairs, which no journal can hold. So a command starts itself
again in Python's UTF-8 mode (PEP 540); a program that only calls a command is left alone. What the terminal cannot show is
printed as "?".
"""

import io
import os
import sys

_ROOMS = frozenset(("agents", "config", "evidence", "execution", "market", "ops", "risk", "rl", "sentiment"))


def speak_anywhere() -> None:
    """Make this process fit for any text. It may start the command again, and then does not return."""
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode and _is_ours():
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")


def _is_ours() -> bool:
    """Whether the program that runs is one of our commands: `python -m agents.run`, or the script `tribunal`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name.partition(".")[0] in _ROOMS if spec else os.path.basename(sys.argv[0]) == "tribunal"
