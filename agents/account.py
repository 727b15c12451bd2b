"""`tribunal account`: the accounts at real exchanges as the last session left them, and what only a human may say of them.

    tribunal account                                             each account: its peak, breakers, trades, ramp, last run
    tribunal account --raise --reason "four quiet weeks"         one quarter more of live.capital
    tribunal account --begin-anew --reason "sold by hand"        the next session begins the account anew

Both are typed in full, with a reason, and stand in the journal of the session that hears of them. A session that trades hears of
a raise within a second. Nothing is asked of an exchange.

Exit codes: 0 told or done; 2 usage, or it cannot be raised yet; 4 a book does not verify; 5 it could not be written; 6 not
confirmed.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal account",
        description="Show the accounts at real exchanges, raise the ramp of real money, or let an account begin anew.",
    )
    parse.add_argument("--account", metavar="NAME", help='its name, such as "binance live" (default: the only one)')
    parse.add_argument("--raise", dest="raises", action="store_true", help="raise the ramp of real money by a quarter")
    parse.add_argument(
        "--begin-anew",
        action="store_true",
        help="forget peak, breakers, ramp and last run of the account at its next session",
    )
    add(parse, "--reason", "--confirm", "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Tell, or note what was said, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.account import account_command

        return account_command(arguments)

    return ended(work, "Stopped. Nothing was changed.")


if __name__ == "__main__":
    sys.exit(main())
