"""Options that commands share, told once. Light: `--help` of each of them reads it."""

import argparse


def add_told_finer(parse: argparse.ArgumentParser) -> None:
    """The options for what is told beside the bars."""
    parse.add_argument(
        "--detail",
        nargs="+",
        metavar="PATH",
        help="finer bars of the same markets: they say what a stop and a target met first inside a bar",
    )
    parse.add_argument(
        "--funding",
        nargs="+",
        metavar="PATH",
        help="funding rates of perpetuals: files with time (UTC), symbol and rate",
    )
