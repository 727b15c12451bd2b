"""`tribunal calibrate RUN…`: compare the convictions stated in court with the outcomes.

The command compares every hearing with the triple-barrier outcome of a purchase on the bars that followed. It prints a table for
each speaker. --out writes the maps from conviction to probability, --plot draws them, --record writes what the runs
have taught of their voters. Exit codes: 0 done, 2 usage or nothing to
calibrate on, 4 a journal that cannot be trusted, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal calibrate",
        description="Compare the convictions stated in court with the outcomes that followed.",
    )
    add(parse, "runs", "--bars")
    parse.add_argument(
        "--shrink", type=float, default=50.0, help="number of outcomes at which a fitted rate has half its weight"
    )
    parse.add_argument("--out", metavar="FILE.json", help="write the maps, as sizing reads them, to this JSON file")
    parse.add_argument(
        "--record",
        metavar="FILE.json",
        help="write what the runs have taught of their voters, and their closed cases, as run --record and --memory read them",
    )
    add(parse, "--plot", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Calibrate on the given runs and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.calibrate import calibrate_command

        return calibrate_command(arguments)

    return ended(work, "Stopped. No file was written.")


if __name__ == "__main__":
    sys.exit(main())
