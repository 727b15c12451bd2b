"""`tribunal collect`: read live sources and add what is new to a point-in-time archive.

    tribunal collect --feed wire=https://example.org/rss --archive headlines.jsonl [--every 300]
    tribunal collect --profile live --archive heard --symbols BTC/USDT

Each headline and figure is stored with the time at which this program first saw it. A source of kind `recorded` or `figures` (or
`tribunal run --news headlines.jsonl`) never shows it to a decision before that time, so a later backtest uses nothing too early.
A folder holds one Parquet file a day, a .jsonl file headlines only; a kill damages neither. Exit codes: 0 at least one source was
read, 2 wrong arguments or archive, 3 no source could be read, 5 the archive cannot be written, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, Unsaid, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal collect",
        description="Add what live sources tell to a point-in-time archive, and say what it comes to.",
    )
    parse.add_argument(
        "--feed",
        action="append",
        metavar="NAME=URL",
        help="a feed; may be repeated; without one, the sources of the profile",
    )
    parse.add_argument(
        "--archive",
        required=True,
        metavar="PATH",
        help="where it is kept: a folder with a Parquet file a day, or a .jsonl file of headlines",
    )
    add(parse, "--profile", default=Unsaid("live"))
    add(parse, "--symbols", "--every")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Collect once, or until stopped; returns the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.collect import collect_command

        return collect_command(arguments)

    return ended(work, "Stopped. The headlines read so far are in the archive.")


if __name__ == "__main__":
    sys.exit(main())
