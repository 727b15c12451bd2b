"""`tribunal retrain MODEL --data PATH…`: train the recipe of a model on newer bars, and hold both against the latest of them.

The model in place stays. The candidate lies in MODEL/candidates until `tribunal evaluate` has judged it and a human puts it in
place: `tribunal retrain MODEL --promote-as NAME`. The model before it is kept in MODEL/earlier, and each change stands in
MODEL/history.jsonl. Exit codes: 0 done, 2 wrong settings or arguments, or no verdict that was passed, 3 data that cannot be
trusted or is too short, 5 output, 10 a strategy failed, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_contracts, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal retrain",
        description="Train a model's recipe on newer bars, compare, and put a candidate in place by a verdict and a name.",
        epilog="Nothing replaces a model but --promote-as, and only a candidate whose verdict was passed.",
    )
    parse.add_argument("model", metavar="MODEL", help="folder of the model in place")
    add_world(parse, profile="paper", recorded=False)
    add_contracts(parse)
    parse.add_argument(
        "--test-days",
        type=int,
        default=90,
        metavar="D",
        help="the latest days, which neither model has seen, and on which both are compared (default: 90)",
    )
    parse.add_argument(
        "--promote-as",
        metavar="NAME",
        help="put the latest candidate in place, by the word of this human; trains nothing",
    )
    add(parse, "--workers", "--ray", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Retrain, or promote, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.policy.retrain import retrain_command

        return retrain_command(arguments)

    return ended(
        work, "Stopped. The model in place was not changed; the same command goes on from the last checkpoints."
    )


if __name__ == "__main__":
    sys.exit(main())
