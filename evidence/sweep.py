"""`tribunal sweep --data PATH… --param KEY=…`: search parameters with the fast engine and check the best with the full one.

The folder of --out stores the study, set by set. After a stop or a kill the same command resumes it. The next sets depend only on
the known results and the seed, never on the number of workers. Exit codes: 0 done, 2 wrong settings or arguments, 3 data that
cannot be trusted, 5 output, 10 a strategy failed, 130 stopped by Ctrl-C (finished sets are kept).
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal sweep",
        description="Search parameters on recorded bars: the fast engine tries every set, the full engine checks the best.",
        epilog="Every set counts as a trial on these bars; the Sharpe ratio of the best is deflated by the number of trials.",
    )
    parse.add_argument("--data", nargs="+", metavar="PATH", required=True, help="bars: Parquet, Feather or CSV files")
    parse.add_argument("--param", nargs="+", metavar="KEY=VALUES", required=True, help="ema_cross.rsi_max=55:85:5 ...")
    parse.add_argument("--trials", type=int, metavar="N", help="sets to try (default: every combination)")
    parse.add_argument(
        "--sampler", choices=("grid", "tpe", "random"), default="grid", help="method that proposes sets (grid)"
    )
    parse.add_argument("--profile", default="backtest", help="backtest (default), or a YAML file of your own")
    parse.add_argument("--symbols", nargs="+", metavar="BASE/QUOTE", help="only these markets")
    parse.add_argument("--timeframe", choices=("1m", "5m", "15m", "30m", "1h", "4h", "1d"), help="length of the bars")
    parse.add_argument("--start", metavar="DATE", help="first bar, UTC")
    parse.add_argument("--end", metavar="DATE", help="end, UTC, exclusive")
    parse.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings: limits.max_drawdown=0.1")
    parse.add_argument("--seed", type=int, metavar="N", help="seed of the sampler")
    parse.add_argument("--out", metavar="DIR", default="sweep", help="folder of the study (sweep)")
    parse.add_argument("--workers", type=int, metavar="N", default=2, help="processes at the same time (2)")
    parse.add_argument("--ray", action="store_true", help="try the sets on a Ray cluster instead")
    parse.add_argument("--top", type=int, metavar="N", default=10, help="sets to show (10)")
    parse.add_argument("--markdown", metavar="FILE", help="also write the tables to this file, as Markdown")
    parse.add_argument("--json", action="store_true", help="print only JSON on stdout")
    parse.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Search and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.sweep import sweep_command

        return sweep_command(arguments)

    return ended(work, "Stopped. The finished sets are kept; the same command resumes the search.")


if __name__ == "__main__":
    sys.exit(main())
