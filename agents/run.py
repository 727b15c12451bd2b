"""`tribunal run`: trade a session on paper and leave a run behind: journal, summary, report.

Logs and progress go to stderr, tables (or, with --json, the summary alone) to stdout. Exit codes: 0 done, 2 wrong settings
or arguments, 3 data that cannot be trusted, 4 journal, 5 output, 6 not confirmed, 7 money did not add up, 130 stopped by
Ctrl-C (the session is whole up to there, and its report is written).
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add_told_finer

PROFILES_HELP = "paper (default), backtest, testnet, live, or a YAML file of your own"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal run",
        description="Put bars through the court, the risk gate and a simulated exchange. Paper money unless told otherwise.",
        epilog="Without --data the market is simulated. Every run leaves a folder: journal.db, summary.json, report.html.",
    )
    parse.add_argument("--profile", default="paper", help=PROFILES_HELP)
    parse.add_argument("--data", nargs="+", metavar="PATH", help="recorded bars: Parquet, Feather or CSV files")
    add_told_finer(parse)
    parse.add_argument("--news", metavar="FILE", help="dated headlines to go with --data: Parquet, CSV or JSON lines")
    parse.add_argument("--symbols", nargs="+", metavar="BASE/QUOTE", help="only these markets")
    parse.add_argument("--timeframe", choices=("1m", "5m", "15m", "30m", "1h", "4h", "1d"), help="bar of the decisions")
    parse.add_argument("--start", metavar="DATE", help="first bar, UTC: 2020-02-01 or 2020-02-01T06:00")
    parse.add_argument("--end", metavar="DATE", help="end of the session, UTC, not included")
    parse.add_argument("--days", type=int, help="length of a simulated session [days]")
    parse.add_argument("--seed", type=int, help="seed of everything that is drawn")
    parse.add_argument(
        "--mind",
        metavar="NAME",
        help="who sits in the court: rules, or a provider of the profile (anthropic, openai, local)",
    )
    parse.add_argument("--model", metavar="NAME", help="another model for --mind; for local: path of a GGUF file")
    parse.add_argument(
        "--calibration",
        metavar="FILE",
        help="what voters' and analysts' words were worth in earlier runs (tribunal calibrate --out); sizes shrink",
    )
    parse.add_argument(
        "--approve",
        choices=("auto", "ask", "never"),
        help="positions above court.approval_above: all pass, ask on this terminal, none pass (default: the profile's)",
    )
    parse.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings: limits.max_drawdown=0.1")
    parse.add_argument("--out", metavar="DIR", help="folder of the run (default: runs/PROFILE-NNN)")
    parse.add_argument("--resume", metavar="RUN", help="go on with a run that was killed; repeat its other options")
    parse.add_argument("--confirm", metavar="WORDS", help="the words that a profile with real money asks for")
    parse.add_argument("--json", action="store_true", help="print the summary as JSON, and nothing else, on stdout")
    parse.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run a session and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.run import run_command

        return run_command(arguments)

    return ended(
        work,
        "Stopped. A session that was still going was dropped; one that had ended is in its folder, and can be replayed.",
    )


if __name__ == "__main__":
    sys.exit(main())
