"""`tribunal stylised --data FILE…`: the simulated market beside real ones: what their hourly returns have in common.

Heavy tails, volatility that clusters, moves of markets together, depth of falls, persistence of trends: each fact over a year of
the simulated market for each seed, and over each calendar year of the files. --picture draws both side by side.
Exit codes: 0 done, 2 usage, 3 data, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_reading


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal stylised",
        description="Compare the stylised facts of the simulated market with those of recorded hourly bars.",
    )
    add(parse, "--data", required=True)
    add(parse, "--symbols")
    add_reading(parse)
    parse.add_argument("--seeds", type=int, default=8, metavar="N", help="years of the simulated market (default: 8)")
    parse.add_argument("--picture", metavar="FILE.svg", help="draw both side by side")
    add(parse, "--markdown", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.stylised import stylised_command

        return stylised_command(arguments)

    return ended(work, "Stopped. No file was written.")


if __name__ == "__main__":
    sys.exit(main())
