"""`tribunal strategies`: list the built-in strategies with their parameters, or begin one of your own.

With `--data` it lists what every voter says at the latest bar of the files, after the last 30 days (`--start` asks for more).
`--new NAME` writes two files into the present folder: a strategy that works, and its test. Both run as they are. A file that
exists is never replaced. Exit codes: 0 done, 2 a name that cannot be used, or a file that exists, 3 data that cannot be trusted,
5 the folder cannot be written, 10 a strategy of your own failed.
"""

import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_world


def parser() -> CommandParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal strategies",
        description="List the built-in strategies with their parameters, or begin one of your own.",
        epilog="docs/strategies.md explains how to write one.",
    )
    parse.add_argument(
        "--new", metavar="NAME", help="write a strategy of this name, and its test, into the present folder: DipBuyer"
    )
    parse.add_argument(
        "--fields", action="store_true", help="print all that a strategy may read instead, as Markdown tables"
    )
    parse.add_argument(
        "--published",
        action="store_true",
        help="with --data: the trend ensemble in a plain account, as it was published",
    )
    parse.add_argument(
        "--crossings",
        action="store_true",
        help="with --data: each golden cross in the daily bars, and what the market did until the averages crossed back",
    )
    parse.add_argument(
        "--trial",
        metavar="SET",
        help="with --data: `choosing` tries all sets of voters on 2019-2022, through court and gate; the name of a set "
        "tries it beside the old four on 2023-2024",
    )
    add_world(parse, profile="backtest", recorded=False)
    add(parse, "--news", "--news-dates", "--workers", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """List or write, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.strategies import strategies_command

        return strategies_command(arguments)

    return ended(work, "Stopped. A file that was begun was taken away.")


if __name__ == "__main__":
    sys.exit(main())
