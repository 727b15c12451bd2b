"""`tribunal ablation --data PATH…`: measure what each part of the system adds, one part after the other, with paired intervals.

It runs the full engine six times on the same bars, each run in its own process: the strategies alone, then also the analyst, the
risk agent, the devil's advocate, the supervisor, the gate. Exit codes: 0 done, 2 wrong settings or arguments, 3 data that cannot
be trusted, 5 output, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal ablation",
        description="Run the ablation ladder: the same bars with one more part of the system at each rung.",
        epilog="A difference whose interval contains 0 is not distinguishable from zero.",
    )
    parse.add_argument("--data", nargs="+", metavar="PATH", required=True, help="bars: Parquet, Feather or CSV files")
    parse.add_argument("--profile", default="backtest", help="backtest (default), or a YAML file of your own")
    parse.add_argument("--symbols", nargs="+", metavar="BASE/QUOTE", help="only these markets")
    parse.add_argument("--timeframe", choices=("1m", "5m", "15m", "30m", "1h", "4h", "1d"), help="length of the bars")
    parse.add_argument("--start", metavar="DATE", help="first bar, UTC")
    parse.add_argument("--end", metavar="DATE", help="end, UTC, exclusive")
    parse.add_argument("--seed", type=int, metavar="N", help="seed of the resampling")
    parse.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings: limits.max_drawdown=0.1")
    parse.add_argument("--workers", type=int, metavar="N", default=2, help="processes at the same time (2)")
    parse.add_argument("--markdown", metavar="FILE", help="also write the table to this file, as Markdown")
    parse.add_argument("--json", action="store_true", help="print only JSON on stdout")
    parse.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run the ablation and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.ablation import ablation_command

        return ablation_command(arguments)

    return ended(work, "Stopped. No result was kept.")


if __name__ == "__main__":
    sys.exit(main())
