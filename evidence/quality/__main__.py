"""`tribunal quality --data FOLDER`: hold the quality monitor against labelled hits, faults put into clean bars, and real crashes.

FOLDER holds recorded bars and the list of hits, `quality/anomalies.csv`. The command prints recall and precision for each kind of
fault. --relabel writes what each listed jump and wide bar was, by the procedure of `evidence/quality/labelling.py`, and measures
nothing. Exit codes: 0 done, 2 usage, 3 data that cannot be used, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal quality",
        description="Measure the data-quality monitor on recorded bars: recall and precision for each kind of fault.",
    )
    parse.add_argument("--data", metavar="FOLDER", required=True, help="recorded bars, with quality/anomalies.csv")
    add(parse, "--profile", default="paper")
    add(parse, "--set")
    add(parse, "--seed", default=7)
    parse.add_argument(
        "--relabel", metavar="FILE.csv", help="write the labels of the listed hits to this file, and end"
    )
    add(parse, "--markdown", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.quality import quality_command

        return quality_command(arguments)

    return ended(work, "Stopped. No file was written.")


if __name__ == "__main__":
    sys.exit(main())
