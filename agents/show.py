"""`tribunal show RUN [DECISION]`: print a run again, and its trades by market, strategy, exit reason, month and hour; or one of
its decisions, from the votes to what came of it.

It reads the journal and writes nothing, unless --export names a folder for the tables. Exit codes: 0 done, 2 usage, 4 a folder
that is no run, or a journal that cannot be trusted, 5 the tables cannot be written.
"""

import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> CommandParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal show",
        description="Print a run again, from its journal: the tables of its end, and its trades by group; or one decision.",
        epilog="Also for runs that were killed or that an older version wrote. The run's folder is not changed.",
    )
    add(parse, "run")
    parse.add_argument(
        "decision",
        metavar="DECISION",
        nargs="?",
        help="one decision instead: its name, the beginning of it, SYMBOL@TIME (UTC), or last",
    )
    parse.add_argument(
        "--by",
        nargs="+",
        metavar="GROUP",
        choices=("symbol", "strategy", "exit", "month", "hour", "all"),
        help="only the trades by these: symbol, strategy, exit, month, hour, or all (default: all, after the other tables)",
    )
    parse.add_argument(
        "--export", metavar="DIR", help="write trades.csv, orders.csv, equity.csv and decisions.jsonl into this folder"
    )
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Show a run and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.show import show_command

        return show_command(arguments)

    return ended(work, "Stopped. The run is unchanged.")


if __name__ == "__main__":
    sys.exit(main())
