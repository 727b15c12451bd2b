"""`tribunal doctor`: what is looked at before trading, and the one thing to mend next. No order is sent.

    tribunal doctor --profile testnet --key-backup /media/usb/journal.key

It looks at the profile, this machine (state folder, journal key and its copy, disk, kill switch), the limits and the keys of
models. Where bars or orders come from an exchange, it asks there: whether it answers, the clock, the markets and their smallest
orders, what the key may do, money, open orders. Nothing is changed there.

Exit codes: 0 nothing is to be mended; 1 something is, named last; 2 options that cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal doctor",
        description="Look at everything that a session needs, without an order, and name the one thing to mend next.",
    )
    add(parse, "--profile", default="paper")
    add(parse, "--symbols", "--set", "--mind", "--model", "--feed", "--feed-url", "--venue-url")
    parse.add_argument(
        "--key-backup", metavar="FILE", help="your copy of the journal key, which is compared (default: not asked)"
    )
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Look, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.doctor import doctor_command

        return doctor_command(arguments)

    return ended(work, "Stopped. Nothing was changed.")


if __name__ == "__main__":
    sys.exit(main())
