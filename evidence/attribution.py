"""`tribunal attribution RUN…`: show which roles changed the rulings, and how much money that made or lost.

The command computes each ruling again with one role neutral and follows both rulings on the same tape. It also shows how much
the roles disagreed. Exit codes: 0 done, 2 usage or no case was heard, 4 a journal that cannot be trusted.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal attribution",
        description="Show how often each role changed the ruling, and the profit or loss that followed.",
    )
    add(parse, "runs", "--bars", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Compute the attribution and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.attribution import attribution_command

        return attribution_command(arguments)

    return ended(work, "Stopped. No file was changed.")


if __name__ == "__main__":
    sys.exit(main())
