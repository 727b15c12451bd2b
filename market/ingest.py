"""`tribunal ingest FILE…`: fill a store with bars from files of any publisher, and report every repair.

    tribunal ingest downloads/*.zip --store store --exchange binance

Files, folders and patterns are read as `--data` reads them (docs/data.md), each in its own timeframe. A file that is refused is
told and leaves the others alone. A bar that is in the store already stays unless --replace is given; bars that differ are
counted. Exit codes: 0 done, 2 wrong arguments, 3 a file was refused, 5 the store cannot be written, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_reading


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal ingest",
        description="Fill a store of Parquet files with bars from files, and report every repair.",
    )
    parse.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns (docs/data.md)")
    add(
        parse,
        "--exchange",
        default="files",
        metavar="AS",
        help="name of the exchange in the store (default: %(default)s)",
    )
    add(parse, "--symbols")
    add_reading(parse)
    add(parse, "--store", default="store", metavar="INTO", help="folder of the store (default: %(default)s)")
    parse.add_argument(
        "--replace", action="store_true", help="a bar of a file takes the place of a stored one that differs"
    )
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Fill the store and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.ingest import ingest_command

        return ingest_command(arguments)

    return ended(work, "Stopped. What was read is stored.")


if __name__ == "__main__":
    sys.exit(main())
