"""`tribunal riskmodel --data FILE…`: test every VaR and ES estimator out of sample.

The command compares the loss of each bar with the forecast of the close before it, and the loss of each day with the one-day
figure that the gate measures at its beginning, on bars of any length. --days leaves the bars out. It prints the ranking and the
exceedance tables. --plot draws the exceedances over time, --out writes the printed text to a file. Exit codes: 0 done, 2 usage,
3 data, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_reading


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal riskmodel",
        description="Compare the forecasts of every VaR and expected-shortfall estimator with what happened, out of sample.",
    )
    add(parse, "--data", required=True)
    add(parse, "--timeframe", choices=None)
    add_reading(parse)
    parse.add_argument("--confidence", metavar="C", type=float, nargs="+", default=[0.95, 0.99], help="confidences")
    parse.add_argument("--window", type=int, default=500, help="returns behind each forecast of a bar")
    parse.add_argument("--days", action="store_true", help="forecast only whole days, as the gate measures them")
    parse.add_argument(
        "--var-horizon",
        choices=("day", "bar"),
        help="measure days by this limits.var_horizon, on the window that goes with it (default: the profile's)",
    )
    parse.add_argument("--refit", type=int, default=168, help="bars between two fits of the GARCH")
    add(parse, "--start", "--end")
    add(parse, "--seed", default=7)
    parse.add_argument("--out", metavar="FILE.md", help="write what is printed to this Markdown file")
    add(parse, "--plot", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Test the risk model and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.riskmodel import riskmodel_command

        return riskmodel_command(arguments)

    return ended(work, "Stopped. No file was written.")


if __name__ == "__main__":
    sys.exit(main())
