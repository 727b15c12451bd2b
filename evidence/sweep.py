"""`tribunal sweep --data PATH… --param KEY=…`: search parameters with the fast engine and check the best with the full one.

The folder of --out stores the study, set by set. After a stop or a kill the same command resumes it. The next sets depend only on
the known results and the seed, never on the number of workers. Exit codes: 0 done, 2 wrong settings or arguments, 3 data that
cannot be trusted, 5 output, 10 a strategy failed, 130 stopped by Ctrl-C (finished sets are kept).
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_contracts, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal sweep",
        description="Search parameters on recorded bars: the fast engine tries every set, the full engine checks the best.",
        epilog="Every set counts as a trial on these bars; the Sharpe ratio of the best is deflated by the number of trials.",
    )
    add_world(parse, profile="backtest", recorded=True)
    add_contracts(parse)
    add(parse, "--param")
    parse.add_argument("--trials", type=int, metavar="N", help="sets to try (default: every combination)")
    parse.add_argument("--sampler", choices=("grid", "tpe", "random"), default="grid", help="who proposes")
    parse.add_argument("--out", metavar="STUDY", default="sweep", help="folder of the study")
    add(parse, "--workers", "--ray")
    parse.add_argument("--top", type=int, metavar="N", default=10, help="sets to show")
    add(parse, "--markdown", "--json", "--quiet")
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
