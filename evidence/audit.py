"""`tribunal audit RUN`: test whether the ruling follows the evidence or the name of the coin.

The command hears a seeded sample of a run's cases again, with mirrored evidence and with hidden names. --cutoff compares the
cases before the end of a model's training data with those after it. The rules mind is asked again; cases that models answered
are left out and counted. Exit codes: 0 done, 2 usage or nothing to audit, 4 a journal that cannot be trusted.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal audit",
        description="Reverse the evidence of recorded cases, hide their names, and check whether the ruling follows.",
    )
    add(parse, "run")
    parse.add_argument("--cases", type=int, default=200, help="cases that are drawn at most")
    parse.add_argument(
        "--cutoff", metavar="DATE", help="compare the cases before this moment, UTC, with those after it"
    )
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Audit a run and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.audit import audit_command

        return audit_command(arguments)

    return ended(work, "Stopped. An audit changes no file.")


if __name__ == "__main__":
    sys.exit(main())
