"""`tribunal calibrate RUN…`: what the convictions stated in court have been worth.

Every hearing is held against the triple-barrier outcome of a purchase on the tape that followed. Prints a table for each
speaker; --out keeps the maps from conviction to probability, --plot draws them. Exit codes: 0 done, 2 usage or nothing to
calibrate on, 4 a journal that cannot be believed, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal calibrate",
        description="Hold the convictions stated in court against what happened afterwards.",
        epilog="Exit codes: 0 done, 2 usage or nothing to calibrate on, 4 journal not believable, 5 output.",
    )
    add(parse, "runs", "--bars")
    parse.add_argument(
        "--shrink", type=float, default=50.0, help="outcomes at which a fitted probability counts half (50)"
    )
    parse.add_argument("--out", metavar="FILE.json", help="write the maps, as sizing reads them, to this JSON file")
    add(parse, "--plot", "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Calibrate on some runs and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.calibrate import calibrate_command

        return calibrate_command(arguments)

    return ended(work, "Stopped; nothing was changed.")


if __name__ == "__main__":
    sys.exit(main())
