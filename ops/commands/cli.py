"""The console script `tribunal`: finds the command, imports only that one, and hands it the arguments.

It knows names and nothing else, so that asking for help never loads the trading system.
"""

import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from config.ending import open_closed_streams
from config.errors import TribunalError, UsageFault
from ops.commands.parser import listed
from ops.commands.table import BY_NAME, COMMANDS, RENAMED

_SHELVES = {
    "trade": "trading commands",
    "research": "research commands",
    "policy": "policy commands",
    "operate": "operating commands",
    "watch": "watching commands",
}
_OPTIONS = {
    "--help": "show this list; `tribunal COMMAND --help` lists the options of a command",
    "--version": "show the version",
    "--completion SHELL": "print the completion script of a shell: bash, zsh, fish and others",
}
_COMPLETE = 'In bash: eval "$(tribunal --completion bash)", also in ~/.bashrc.'


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 for an unknown one."""
    open_closed_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        sys.stderr.write(_help())
        return UsageFault.exit_code
    name, *rest = arguments
    if name in ("-h", "--help", "help"):
        if name == "help" and rest:
            return main([rest[0], "--help"])
        sys.stdout.write(_help())
        return 0
    if name in RENAMED:
        command = RENAMED[name]
        sys.stderr.write(f"`tribunal {name}` is now `tribunal {command.name}`; it was run.\n")
        name = command.name
    try:
        if name.startswith("--"):
            return _option(*name.partition("=")[::2], rest)
        if name not in BY_NAME:
            raise UsageFault(_unknown(name))
        return int(importlib.import_module(BY_NAME[name].module).main(rest) or 0)
    except TribunalError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code


def _option(name: str, value: str, rest: Sequence[str]) -> int:
    """An option of the script itself. Raises UsageFault."""
    if name == "--version":
        from config.version import version

        sys.stdout.write(f"tribunal {version()}\n")
        return 0
    if name != "--completion":
        raise UsageFault(_unknown(name))
    from ops.commands.completion import script, shells

    shell = value or next(iter(rest), "")
    if shell not in shells():
        raise UsageFault(f"--completion {shell!r} is none of {', '.join(shells())}; nothing was printed. {_COMPLETE}")
    sys.stdout.write(script(shell))
    return 0


def _help() -> str:
    parts = {
        title: [(each.name, each.what) for each in COMMANDS if each.shelf == shelf] for shelf, title in _SHELVES.items()
    }
    parts["options"] = list(_OPTIONS.items())
    lines = ["usage: tribunal COMMAND [options]"]
    for title, rows in parts.items():
        lines += ["", f"{title}:", *(listed(name, what, 2 + max(len(name) for name, _ in rows)) for name, what in rows)]
    return "\n".join(lines) + "\n"


def _unknown(name: str) -> str:
    near = get_close_matches(name, (*BY_NAME, *(option.split()[0] for option in _OPTIONS)), n=1)
    hint = f"Did you mean `tribunal {near[0]}`?" if near else f"Known are {', '.join(BY_NAME)}."
    return f"There is no {'option' if name.startswith('-') else 'command'} {name!r}; nothing was started. {hint}"


if __name__ == "__main__":
    sys.exit(main())
