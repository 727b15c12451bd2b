"""`tribunal impact --books FILE… --bars FILE…`: measure the cost of large orders in recorded order books.

The command walks every book for many order sizes and fits half the spread and the Y of the square-root law. Sigma and volume
come from the bar that contains the time of the book (--bars), as in the simulated exchange, or from trades (--trades). Exit
codes: 0 done, 2 usage, 3 data that cannot be used, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from config.ending import ended
from ops.commands.options import CommandParser, add, add_reading


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal impact",
        description="Calibrate the square-root law of market impact on recorded order books.",
    )
    many: dict[str, Any] = {"metavar": "FILE", "nargs": "+", "action": "extend"}
    parse.add_argument("--books", **many, required=True, help="whole order books of one market")
    parse.add_argument("--bars", **many, help="bars of that market, for sigma and volume")
    add(parse, "--timeframe", choices=None)
    add_reading(parse)
    parse.add_argument(
        "--trades", metavar="FILE", help="trades of that market at the time of the books, instead of bars"
    )
    add(parse, "--seed", default=7)
    add(parse, "--plot", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Calibrate and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.impact import impact_command

        return impact_command(arguments)

    return ended(work, "Stopped. No file was written.")


if __name__ == "__main__":
    sys.exit(main())
