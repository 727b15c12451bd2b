"""`tribunal calibrate RUN…`: compare the convictions stated in court with the outcomes.

The command compares every hearing with the triple-barrier outcome of a purchase on the bars that followed. It prints a table for
each speaker. --out writes the maps from conviction to probability, --plot draws them. Exit codes: 0 done, 2 usage or nothing to
calibrate on, 4 a journal that cannot be trusted, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal calibrate",
        description="Compare the convictions stated in court with the outcomes that followed.",
        epilog="Exit codes: 0 done, 2 usage or nothing to calibrate on, 4 journal not trusted, 5 output.",
    )
    parse.add_argument("runs", metavar="RUN", nargs="+", help="folder of a run")
    parse.add_argument("--bars", type=int, default=72, help="bars after which a purchase has neither won nor lost (72)")
    parse.add_argument(
        "--shrink", type=float, default=50.0, help="number of outcomes at which a fitted rate has half its weight (50)"
    )
    parse.add_argument("--out", metavar="FILE", help="write the maps to this JSON file, for sizing")
    parse.add_argument("--plot", metavar="FILE", help="write the reliability plots to this HTML file")
    parse.add_argument("--json", action="store_true", help="print everything as JSON on stdout")
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
