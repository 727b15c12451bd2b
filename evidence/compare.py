"""`tribunal compare --data PATH… --courts A B…`: several courts on the same cases, paired.

A court is a profile or a YAML file of one, of which `court:` and `minds:` count, or a mind: rules, or a provider of the
profile. The cases are those of a session in which nobody sits. Each court hears all of them: what its rulings were worth,
calls, tokens, money, latency, who abstained, whether its rulings follow the evidence and survive hidden names. Answers that
were recorded before are taken again. Exit codes: 0 done, 2 wrong settings or arguments, 3 data that cannot be trusted, 5
output, 8 a recorded answer of a model is missing, 10 a strategy failed, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_told_finer, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal compare",
        description="Let several courts hear the same cases, and compare what their rulings were worth and what they cost.",
        epilog="A difference whose interval contains 0 is not distinguishable from zero. Models that sit in a court are paid.",
    )
    parse.add_argument(
        "--courts",
        nargs="+",
        required=True,
        metavar="COURT",
        help="profiles or YAML files, of which court: and minds: count, or minds: rules, a provider; the first is compared with",
    )
    parse.add_argument("--cases", type=int, default=60, metavar="N", help="hear at most N cases, drawn by the seed")
    parse.add_argument(
        "--again",
        type=int,
        default=10,
        metavar="N",
        help="hear N of them again with their evidence turned round, and with hidden names",
    )
    add_world(parse, profile="backtest", recorded=False)
    add(parse, "--simulated", "--days")
    add_told_finer(parse)
    add(parse, "--markdown", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Compare courts and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.compare import compare_command

        return compare_command(arguments)

    return ended(work, "Stopped. No result was kept; answers of models that came are recorded.")


if __name__ == "__main__":
    sys.exit(main())
