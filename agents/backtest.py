"""`tribunal backtest --data PATH…`: recorded bars through the very cycle of paper and live, and what may be concluded.

The session is that of `tribunal run --profile backtest`: decide on the close of a bar, fill from the next one on.
Strategies, fees and slippage can be given here; everything else is the profile's. Exit codes: 0 done, 2 wrong settings
or arguments, 3 data that cannot be trusted, 4 journal, 5 output, 7 money did not add up, 8 an answer that is not
recorded, 10 a strategy failed, 130 stopped by Ctrl-C (what was computed is reported).
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add_told_finer


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal backtest",
        description="Put recorded bars through the court, the gate and the simulated exchange, and judge the result.",
        epilog="Every run leaves a folder: journal.db, summary.json, report.html. It replays like any other run.",
    )
    parse.add_argument("--data", nargs="+", metavar="PATH", required=True, help="bars: Parquet, Feather or CSV files")
    parse.add_argument("--profile", default="backtest", help="backtest (default), or a YAML file of your own")
    parse.add_argument(
        "--strategy",
        nargs="+",
        metavar="NAME",
        help="voters in the place of the profile's: ema_cross, golden_cross:confidence=0.7, my_file.py:MyClass:fast=5,slow=20",
    )
    parse.add_argument(
        "--check",
        action="store_true",
        help="first see whether the voters read the future, vote by chance, or need a longer warm-up; nothing runs if they do",
    )
    parse.add_argument(
        "--chance",
        type=int,
        metavar="RUNS",
        help="place it among so many runs that buy at random moments, 20 at least; each costs as much as the backtest",
    )
    parse.add_argument("--workers", type=int, metavar="N", default=2, help="processes for --chance (2)")
    parse.add_argument("--mind", metavar="NAME", help="rules (default), recorded:FILE (a cassette), or a provider")
    parse.add_argument("--model", metavar="NAME", help="another model for --mind; for local: path of a GGUF file")
    add_told_finer(parse)
    parse.add_argument("--news", metavar="FILE", help="dated headlines: Parquet, CSV or JSON lines")
    parse.add_argument("--symbols", nargs="+", metavar="BASE/QUOTE", help="only these markets")
    parse.add_argument("--timeframe", choices=("1m", "5m", "15m", "30m", "1h", "4h", "1d"), help="bar of the decisions")
    parse.add_argument("--start", metavar="DATE", help="first bar, UTC: 2020-02-01 or 2020-02-01T06:00")
    parse.add_argument("--end", metavar="DATE", help="end, UTC, not included")
    parse.add_argument("--fee-bps", type=float, metavar="BPS", help="maker and taker fee of all markets [bps]")
    parse.add_argument("--slippage-bps", type=float, metavar="BPS", help="paid on each side beyond the profile's [bps]")
    parse.add_argument("--latency-ms", type=float, metavar="MS", help="from a decision to the venue [ms]")
    parse.add_argument("--impact", metavar="MODEL", help="behind the best price: book (even steps) or square_root[:Y]")
    parse.add_argument("--cash", type=float, metavar="QUOTE", help="account at the start [quote]")
    parse.add_argument("--seed", type=int, metavar="N", help="seed of everything that is drawn")
    parse.add_argument("--calibration", metavar="FILE", help="what convictions were worth in earlier runs")
    parse.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings: limits.max_drawdown=0.1")
    parse.add_argument("--out", metavar="DIR", help="folder of the run (default: runs/PROFILE-NNN)")
    parse.add_argument("--tearsheet", action="store_true", help="draw a QuantStats tear sheet too (extra `tearsheet`)")
    parse.add_argument("--json", action="store_true", help="print everything as JSON, and nothing else, on stdout")
    parse.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Backtest and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.backtest import backtest_command

        return backtest_command(arguments)

    return ended(work, "Stopped. A session that was still going was dropped; one that had ended is in its folder.")


if __name__ == "__main__":
    sys.exit(main())
