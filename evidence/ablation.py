"""`tribunal ablation --data PATH…`: measure what each part of the system adds, one part after the other, with paired intervals.

It runs the full engine six times on the same bars, each run in its own process: the strategies alone, then also the analyst, the
risk agent, the devil's advocate, the supervisor, the gate. With a trained policy (--model, or that of the profile) two more runs
follow: the rule that the policy corrects, and the policy. Exit codes: 0 done, 2 wrong settings or arguments, 3 data that cannot
be trusted, 5 output, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_contracts, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal ablation",
        description="Run the ablation ladder: the same bars with one more part of the system at each rung.",
        epilog="A difference whose interval contains 0 is not distinguishable from zero.",
    )
    add_world(parse, profile="backtest", recorded=True)
    add_contracts(parse)
    parse.add_argument(
        "--model",
        metavar="FOLDER",
        help="folder of a trained policy, for its two rungs (default: that of the profile, if it has one)",
    )
    add(parse, "--workers", "--markdown", "--json", "--quiet")
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
