"""The parser of a command: options in groups with every default, examples, exit codes, and one sentence for a mistake.

It is argparse's own, so that a test can look into it and a journal's request comes from its namespace. What help says beside the
options is derived: examples and codes from the command's row (`ops.commands.table`), what a code means from `config.errors`.
"""

import argparse
import sys
from collections.abc import Sequence
from textwrap import fill
from typing import Any, NoReturn

from config.errors import UsageFault

GROUPS: dict[str, tuple[str, ...]] = {
    "this command": (),
    "data": (
        "--data", "--store", "--exchange", "--detail", "--marks", "--funding", "--facts", "--news", "--symbols",
        "--timeframe", "--start", "--end", "--since", "--until", "--days", "--scenario", "--books", "--trades", "--feed",
        "--feed-url",
    ),
    "what files leave open": ("--dates", "--decimal", "--volume", "--tz", "--stamps", "--news-dates"),
    "settings": ("--profile", "--set", "--seed", "--strategy", "--cash", "--limits", "--venue-url"),
    "court": (
        "--mind", "--model", "--require-models", "--no-court", "--calibration", "--record", "--memory",
        "--approve",
    ),
    "costs": ("--fee-bps", "--slippage-bps", "--latency-ms", "--impact"),
    "training": (
        "--steps", "--seeds", "--gamma", "--minibatch", "--learning-rate", "--reward", "--validation", "--gap-days",
        "--most-gap-days", "--mix", "--accounts", "--tensorboard",
    ),
    "search": ("--param", "--trials", "--sampler", "--workers", "--ray"),
    "output": ("--out", "--plot", "--markdown", "--tearsheet", "--archive", "--top", "--watch", "--json", "--quiet"),
    "help": ("-h", "--version"),
}  # fmt: skip
"""In the order of `--help`. An option that stands in none of them is the command's own."""
_GROUP_OF = {name: title for title, names in GROUPS.items() for name in names}
_WIDEST = 100


class CommandParser(argparse.ArgumentParser):
    """The parser of one command, which `prog` names: `tribunal NAME`. Options are written in full: a new option with the same
    beginning would change what a short form means, or refuse it.
    """

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog, description=description, epilog=epilog, formatter_class=Help, add_help=False, allow_abbrev=False
        )
        self._groups = {title: self.add_argument_group(title) for title in GROUPS}
        self.add_argument("-h", "--help", action="help", help="show this help, and end")
        self.add_argument("--version", action=ShowVersion, help="show the version, and end")

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """Add an option to its group, or a positional argument."""
        if not names or not str(names[0]).startswith("-"):
            return super().add_argument(*names, **settings)
        return self._groups[_GROUP_OF.get(names[0], "this command")].add_argument(*names, **settings)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does; but an option that is misspelt or shortened is told before one that is missing."""
        given = list(sys.argv[1:] if args is None else args)
        for word in given[: given.index("--") if "--" in given else None]:
            name = word.partition("=")[0]
            if name.startswith("--") and name not in self._option_string_actions:
                self.error(f"unrecognized arguments: {word}")
        return super().parse_known_args(given, namespace)

    def error(self, message: str) -> NoReturn:
        """End with one sentence on stderr and the exit code of a usage fault."""
        from ops.commands.mistakes import mistake

        self.exit(UsageFault.exit_code, f"{mistake(self, message)}\n")

    def format_usage(self) -> str:
        """What must be given; `--help` lists the rest."""
        return f"usage: {self._usage()}\n"

    def format_help(self) -> str:
        """Usage, options in groups, examples, exit codes."""
        from ops.commands.table import BY_NAME

        self.usage = self._usage().replace("%", "%%")
        told = super().format_help()
        command = BY_NAME.get(self.prog.removeprefix("tribunal "))
        if command is None:
            return told
        examples = "".join(f"  {example}\n" for example in command.examples)
        codes = "".join(f"{listed(str(code), text, 5)}\n" for code, text in command.exit_codes())
        return f"{told}\nexamples:\n{examples}\nexit codes:\n{codes}"

    def _usage(self) -> str:
        form = Help(self.prog)
        needed = [action for action in self._actions if action.required]
        words = [
            " ".join([*action.option_strings[:1], form._format_args(action, _metavar(action))]) for action in needed
        ]
        words = [self.prog, *words, "[options]"]
        return fill(" ".join(words), width_of_help() - len("usage: "), subsequent_indent="  ", break_long_words=False)


class Help(argparse.HelpFormatter):
    """Help as wide as the terminal, with the default of each option."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=width_of_help())

    def _get_help_string(self, action: argparse.Action) -> str:
        told = action.help or ""
        if not action.option_strings or action.nargs == 0 or "default:" in told:
            return told
        if action.required:
            return f"{told} (required)"
        default = " ".join(map(str, action.default)) if isinstance(action.default, list) else action.default
        return f"{told} (default: {'none' if default in (None, '') else str(default).replace('%', '%%')})"


class ShowVersion(argparse.Action):
    """Prints the version, which is read only then, and ends."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        from config.version import version

        sys.stdout.write(f"tribunal {version()}\n")
        parser.exit()


def listed(name: str, text: str, room: int) -> str:
    """A name in `room` columns and what is said of it, as wide as help is."""
    return fill(text, width_of_help(), initial_indent=f"  {name:<{room}}", subsequent_indent=" " * (room + 2))


def width_of_help() -> int:
    """How wide help is printed [columns]."""
    from config.progress import width_of

    return min(width_of(sys.stdout), _WIDEST) - 2


def _metavar(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())
