"""`tribunal walkforward --data PATH… --param KEY=…`: choose parameters on the past and test them on the bars that follow.

The command also prints how much of the choice is luck: the probability of backtest overfitting, combinatorial purged
cross-validation, and the Sharpe ratio deflated by all trials ever counted on these bars. Exit codes: 0 done, 2 wrong settings or
arguments, 3 data that cannot be trusted, 5 output, 10 a strategy failed, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_contracts, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal walkforward",
        description="Walk forward through recorded bars: choose parameters on each train window, test them on the next window.",
        epilog="The fast engine (voters, gate, exits, fees) chooses; the full engine (also the court) tests.",
    )
    add_world(parse, profile="backtest", recorded=True)
    add_contracts(parse)
    add(parse, "--param")
    parse.add_argument("--train-days", type=int, metavar="DAYS", default=365, help="length of a train window")
    parse.add_argument("--test-days", type=int, metavar="DAYS", default=90, help="length of a test window")
    parse.add_argument(
        "--embargo-days",
        type=float,
        metavar="DAYS",
        default=7.0,
        help="gap between train and test, beyond the label's horizon",
    )
    parse.add_argument("--anchored", action="store_true", help="train on everything before the test")
    parse.add_argument("--groups", type=int, metavar="N", default=10, help="groups of the cross-validation")
    parse.add_argument("--tested", type=int, metavar="N", default=2, help="groups that are tested at a time")
    add(parse, "--workers", "--ray", "--markdown", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run the walk-forward test and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.walkforward import walkforward_command

        return walkforward_command(arguments)

    return ended(work, "Stopped. No result was kept; the trials that were started stay counted.")


if __name__ == "__main__":
    sys.exit(main())
