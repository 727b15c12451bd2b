"""`tribunal models`: the models of a profile: what each costs, how much it may think and write, what its server refuses; and,
with --check, whether it can sit.

Without --check nothing is called. With it each model is asked one cheap question, as at the start of every session with models.
The table goes to stdout. Exit codes: 0 done, 1 with --check: no model can sit, 2 wrong settings or arguments.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal models",
        description="Show the models of a profile, ask each whether it can sit in the court, or forget what its server refuses.",
        epilog="Without --mind these are the providers in the chains of all roles. A question costs a few hundred tokens.",
    )
    add(parse, "--profile", default="paper")
    add(parse, "--set", "--mind", "--model", "--check", "--json")
    parse.add_argument(
        "--forget",
        nargs="*",
        metavar="NAME",
        help="forget what was learnt of the servers of these providers (default: of all in the profile)",
    )
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Show or ask the models, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.models import models_command

        return models_command(arguments, sys.stdout, sys.stderr)

    return ended(work, "Stopped. No session was begun.")


if __name__ == "__main__":
    sys.exit(main())
