"""`tribunal run`: trade a session on paper and write a run: journal, summary, report.

Logs and progress go to stderr, tables (or, with --json, the summary alone) to stdout. Exit codes: 0 done, 2 wrong settings
or arguments, 3 data that cannot be trusted, 4 journal, 5 output, 6 not confirmed, 7 money did not add up, 130 stopped by
Ctrl-C, SIGTERM or SIGHUP (the session is whole up to there, its report is written, and --resume goes on).
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_told_finer, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal run",
        description="Trade bars with the court, the risk gate and a simulated exchange. The default is paper money.",
        epilog="Without --data the market is simulated. Every run writes a folder: its journal, report, summary and tables.",
    )
    add_world(parse, profile="paper", recorded=False)
    add_told_finer(parse)
    add(
        parse,
        "--days",
        help="length of a simulated session, or of one on a --feed [days] (default: the profile's; a feed: no end)",
    )
    parse.add_argument(
        "--scenario",
        metavar="NAME",
        help="what a simulated session does: mixed, calm, bull, bear, chop, flash-crash, outage, depeg (default: the profile's)",
    )
    add(parse, "--feed", "--feed-url", "--venue-url")
    parse.add_argument(
        "--bars-limit", type=int, metavar="N", help="end a session on a --feed after N bars (default: Ctrl-C)"
    )
    add(parse, "--mind", "--model", "--require-models", "--no-court", "--calibration", "--record", "--memory")
    parse.add_argument(
        "--approve",
        choices=("auto", "ask", "never"),
        help="positions above court.approval_above: allow all, ask (here, on page and chat), none (default: the profile's)",
    )
    add(parse, "--out")
    parse.add_argument(
        "--resume", metavar="RUN", help="go on with a run that was killed or stopped; it knows its other options"
    )
    parse.add_argument(
        "--watch",
        action=argparse.BooleanOptionalAction,
        help="show the debate on stderr as it is said (default: on a terminal with models)",
    )
    parse.add_argument(
        "--serve",
        nargs="?",
        type=int,
        const=8420,
        metavar="PORT",
        help="show the session in a browser of this machine (port 8420 if none is given; docs/serve.md)",
    )
    parse.add_argument(
        "--pace",
        type=float,
        metavar="S",
        help="wait after each bar that is there already, to be watched [s] (default: 0)",
    )
    parse.add_argument(
        "--log-file",
        metavar="FILE",
        help="log the session into this file too, a JSON line for each thing that happens (docs/deploy.md)",
    )
    add(parse, "--alert", "--confirm")
    parse.add_argument(
        "--without-record",
        metavar="WORDS",
        help="trade real money though its voters lack a paper record (docs/execution.md)",
    )
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run a session and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.run import run_command

        return run_command(arguments)

    return ended(
        work,
        "Stopped. A session that had begun is in its folder: `tribunal show` prints it, `tribunal run --resume` goes on with it.",
    )


if __name__ == "__main__":
    sys.exit(main())
