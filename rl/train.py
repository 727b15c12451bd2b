"""`tribunal train --data PATH… | --simulated`: train the policy that may adjust sizes, and write the folder of a model.

The base is tuned and PPO trained on the earlier part of the bars; the later part stops each seed early. After Ctrl-C, a kill or a
full disk the same command goes on from the last checkpoint, to the same parameters. Exit codes: 0 done, 2 wrong settings or
arguments, 3 data that cannot be trusted or is too short, 5 output, 10 a strategy failed, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_contracts, add_simulated, add_training, add_world


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal train",
        description="Train the policy that may adjust sizes: PPO, many seeds, on recorded or simulated bars.",
        epilog="Training promises nothing: tribunal evaluate says whether the model is better than its base.",
    )
    add_world(parse, profile="paper", recorded=False)
    add_contracts(parse)
    add_simulated(parse)
    add_training(parse)
    parse.add_argument("--out", metavar="MODEL", default="models/default", help="folder of the model")
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Train and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.policy.train import train_command

        return train_command(arguments)

    return ended(work, "Stopped. The last good checkpoint of each seed is kept; the same command goes on from there.")


if __name__ == "__main__":
    sys.exit(main())
