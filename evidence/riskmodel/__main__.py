"""`tribunal riskmodel --data FILE…`: test every VaR and ES estimator out of sample.

The command compares the loss of each bar with the forecast of the close before it, and the loss of each day with the one-day
figure that the gate uses. It prints the ranking and the exceedance tables. --plot draws the exceedances over time, --out writes
the printed text to a file. Exit codes: 0 done, 2 usage, 3 data, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal riskmodel",
        description="Compare the forecasts of every VaR and expected-shortfall estimator with what happened, out of sample.",
        epilog="Exit codes: 0 done, 2 usage, 3 data that cannot be used, 5 output.",
    )
    parse.add_argument("--data", metavar="FILE", nargs="+", required=True, help="market files: Parquet, Feather or CSV")
    parse.add_argument("--timeframe", default="1h", help="length of the bars (1h)")
    parse.add_argument(
        "--confidence", metavar="C", type=float, nargs="+", default=[0.95, 0.99], help="confidences (0.95 0.99)"
    )
    parse.add_argument("--window", type=int, default=500, help="returns behind each forecast (500)")
    parse.add_argument("--refit", type=int, default=168, help="bars between two GARCH fits (168)")
    parse.add_argument("--start", metavar="DATE", help="first day of the test, UTC; earlier bars are the warm-up")
    parse.add_argument("--end", metavar="DATE", help="day on which the test ends, UTC")
    parse.add_argument("--seed", type=int, metavar="N", default=7, help="seed of the simulated critical values (7)")
    parse.add_argument("--plot", metavar="FILE", help="write the exceedances over time to this HTML file")
    parse.add_argument("--out", metavar="FILE", help="also write the printed text to this Markdown file")
    parse.add_argument("--json", action="store_true", help="print everything as JSON on stdout")
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
