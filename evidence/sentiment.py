"""`tribunal sentiment --data PATH`: hold the scores of headlines and posts against texts that others have labelled.

Prints accuracy and macro-F1 by data set, beside the most frequent label and plain VADER. --scorer adds a scorer of your own, such
as a small model. Nothing is fitted: the lexicon was written without these texts. Exit codes: 0 done, 2 usage, 3 data, 5 output.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal sentiment",
        description="Compare the scores of headlines and posts with the labels that others gave them.",
    )
    parse.add_argument(
        "--data",
        nargs="+",
        action="extend",
        required=True,
        metavar="FILE",
        help="labelled texts: files with a column of texts and one of labels, or a folder with known ones",
    )
    parse.add_argument("--scorer", metavar="MODULE:NAME", help="one more scorer, of your own (docs/sentiment.md)")
    add(parse, "--markdown", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the scorers and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.sentiment import sentiment_command

        return sentiment_command(arguments)

    return ended(work, "Stopped. No file was written.")


if __name__ == "__main__":
    sys.exit(main())
