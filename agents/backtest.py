"""`tribunal backtest --data PATH…`: trade recorded bars with the same cycle as paper and live, and judge the result.

The session is that of `tribunal run --profile backtest`: it decides at the close of a bar, and fills come from the next bar on.
Strategies, fees and slippage are options here; everything else comes from the profile. Exit codes: 0 done, 2 wrong settings
or arguments, 3 data that cannot be trusted, 4 journal, 5 output, 7 money did not add up, 8 an answer that is not
recorded, 10 a strategy failed, 130 stopped by Ctrl-C, SIGTERM or SIGHUP (what was computed is reported; `tribunal run --resume`
goes on).
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_told_finer, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal backtest",
        description="Trade recorded bars with the court, the gate and the simulated exchange, and judge the result.",
        epilog="Every run writes a folder: its journal, report, summary and tables. You can replay it like any other run.",
    )
    add_world(parse, profile="backtest", recorded=True)
    add(parse, "--check")
    parse.add_argument(
        "--chance",
        type=int,
        metavar="RUNS",
        help="compare it with this many runs that buy at random times, at least 20; each takes as long as the backtest",
    )
    add(parse, "--workers")
    parse.add_argument(
        "--mind", metavar="NAME|recorded:FILE", help="rules (default), a cassette of recorded answers, or a provider"
    )
    add(parse, "--model", "--require-models", "--no-court")
    add_told_finer(parse)
    parse.add_argument(
        "--fee-bps", type=float, metavar="BPS", help="maker and taker fee of all markets [bps] (default: the profile's)"
    )
    parse.add_argument(
        "--slippage-bps", type=float, metavar="BPS", help="slippage per side on top of the profile's [bps] (default: 0)"
    )
    parse.add_argument(
        "--latency-ms",
        type=float,
        metavar="MS",
        help="time from a decision until its order is at the venue [ms] (default: the profile's)",
    )
    parse.add_argument(
        "--impact",
        metavar="MODEL",
        help="prices beyond the best: book (even steps) or square_root[:Y] (default: the profile's)",
    )
    parse.add_argument(
        "--cash", type=float, metavar="QUOTE", help="account at the start [quote] (default: the profile's)"
    )
    add(parse, "--calibration", "--record", "--memory", "--out")
    parse.add_argument("--tearsheet", action="store_true", help="draw a QuantStats tear sheet too (extra `tearsheet`)")
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Backtest and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.backtest import backtest_command

        return backtest_command(arguments)

    return ended(
        work,
        "Stopped. A session that had begun is in its folder: `tribunal show` prints it, `tribunal run --resume` goes on with it.",
    )


if __name__ == "__main__":
    sys.exit(main())
