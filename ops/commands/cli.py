"""The console script `tribunal`: finds the command, imports only that one, and hands it the arguments.

It knows names and nothing else, so that asking for help never loads the trading system.
"""

import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from config.ending import open_closed_streams
from config.errors import TribunalError, UsageFault
from ops.commands.table import BY_NAME, COMMANDS, RENAMED


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 for an unknown one."""
    open_closed_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        (sys.stdout if arguments else sys.stderr).write(_help())
        return 0 if arguments else UsageFault.exit_code
    name, *rest = arguments
    if name in RENAMED:
        command = RENAMED[name]
        sys.stderr.write(f"`tribunal {name}` is now `tribunal {command.name}`; it was run.\n")
        name = command.name
    if name not in BY_NAME:
        sys.stderr.write(_unknown(name))
        return UsageFault.exit_code
    try:
        return int(importlib.import_module(BY_NAME[name].module).main(rest) or 0)
    except TribunalError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code


def _help() -> str:
    width = max(map(len, BY_NAME)) + 2
    lines = [f"  {command.name:<{width}}{command.what}" for command in COMMANDS]
    return (
        "\n".join(
            [
                "usage: tribunal COMMAND [options]",
                "",
                "commands:",
                *lines,
                "",
                "`tribunal COMMAND --help` lists its options.",
            ]
        )
        + "\n"
    )


def _unknown(name: str) -> str:
    near = get_close_matches(name, BY_NAME, n=1)
    hint = f"Did you mean `tribunal {near[0]}`?" if near else f"Known are {', '.join(BY_NAME)}."
    return f"There is no command {name!r}; nothing was started. {hint}\n"


if __name__ == "__main__":
    sys.exit(main())
