"""`tribunal collect`: read RSS feeds and add new headlines to a point-in-time archive.

    tribunal collect --feed wire=https://example.org/rss --archive headlines.jsonl [--every 300]

Each headline is stored with the time at which this program first saw it. A source of kind `recorded` (or
`tribunal run --news headlines.jsonl`) never shows it to a decision before that time, so a later backtest uses no headline too
early. The command only adds lines, each with one write, so a kill does not damage the archive. Exit codes: 0 at least one feed
was read, 2 wrong arguments or archive, 3 no feed could be read, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal collect",
        description="Add new headlines of RSS or Atom feeds to a point-in-time archive (JSON lines).",
    )
    parse.add_argument("--feed", action="append", required=True, metavar="NAME=URL", help="a feed; may be repeated")
    parse.add_argument("--archive", required=True, metavar="FILE", help="the .jsonl file to which lines are added")
    add(parse, "--every")
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
