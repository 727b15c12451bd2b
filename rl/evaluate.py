"""`tribunal evaluate [--model MODEL] --data PATH…`: is the policy better than its base, out of sample and after costs?

The recipe of the model is trained anew on each training part of a combinatorial purged cross-validation up to the end of 2022,
and stands beside rules that need no policy. The verdict goes into the model's folder, where `rl.mode: active` asks for it. 2023
and 2024 are opened once for a model, with --hold-out. Exit codes: 0 done, and the criterion of a judged model is met; 2 wrong
settings or arguments, 3 data that cannot be trusted or is too short, 5 output, 10 a strategy failed, 11 the criterion is not
met, 130 stopped.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_contracts, add_simulated, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal evaluate",
        description="Judge a trained policy out of sample, beside the rules that it must beat.",
        epilog="Bars from 2023 on are the hold-out and are left out, except with --hold-out.",
    )
    parse.add_argument("--model", metavar="MODEL", help="folder of the model (default: none, only the other arms)")
    add_world(parse, profile="paper", recorded=False)
    add_contracts(parse)
    add_simulated(parse)
    parse.add_argument("--groups", type=int, default=6, metavar="GROUPS", help="groups of days (default: 6)")
    parse.add_argument("--tested", type=int, default=2, metavar="TESTED", help="groups that a split tests (default: 2)")
    parse.add_argument(
        "--embargo-days",
        type=int,
        default=5,
        metavar="D",
        help="days between training and test beyond the holding time (default: 5)",
    )
    add(parse, "--accounts")
    add(parse, "--steps", "--seeds", default=None)
    parse.add_argument("--hold-out", action="store_true", help="open 2023 and 2024 for this model: once, and for ever")
    parse.add_argument(
        "--openings", metavar="DIR", default="docs/openings", help="where openings are kept (default: docs/openings)"
    )
    add(parse, "--workers")
    parse.add_argument("--picture", metavar="FILE", help="draw the verdict into this SVG file")
    add(parse, "--markdown", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Judge and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.policy.evaluate import evaluate_command

        return evaluate_command(arguments)

    return ended(work, "Stopped. No verdict was written; splits that were trained are kept for the same command.")


if __name__ == "__main__":
    sys.exit(main())
