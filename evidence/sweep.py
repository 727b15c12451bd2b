"""`tribunal sweep --data PATH… --param KEY=…`: search parameters with the fast engine, then believe only the full one.

The study lies in the folder of --out, set by set; the same command goes on where it was stopped or killed. What is proposed next
depends on what is known and on the seed alone, never on the number of workers. Exit codes: 0 done, 2 wrong settings or arguments,
3 data that cannot be trusted, 5 output, 10 a strategy failed, 130 stopped by Ctrl-C (what was tried is kept).
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal sweep",
        description="Search parameters on recorded bars: tried with the fast engine, the best judged with the full one.",
        epilog="Every set is counted as a trial on these bars; the Sharpe ratio of the best is deflated by that number.",
    )
    add_world(parse, profile="backtest", recorded=True)
    add(parse, "--param")
    parse.add_argument("--trials", type=int, metavar="N", help="sets to try (default: every combination)")
    parse.add_argument("--sampler", choices=("grid", "tpe", "random"), default="grid", help="who proposes (grid)")
    parse.add_argument("--out", metavar="STUDY", default="sweep", help="folder of the study (sweep)")
    add(parse, "--workers", "--ray")
    parse.add_argument("--top", type=int, metavar="N", default=10, help="sets to show (10)")
    add(parse, "--markdown", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Search and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.sweep import sweep_command

        return sweep_command(arguments)

    return ended(work, "Stopped. What was tried is kept; the same command goes on from there.")


if __name__ == "__main__":
    sys.exit(main())
