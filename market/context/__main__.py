"""`tribunal facts`: ask live sources for figures beside the bars, and add what is new to an archive.

    tribunal facts --sources deribit fred coingecko --exchange binance --symbols BTC/USDT --archive facts [--every 300]

Each value is stored with the time at which this program first saw it, so that a backtest (`--facts FOLDER`) reads what was
known. A source that fails is named with its reason, and the others go on. Exit codes: 0 at least one source was read, 2 wrong
arguments or archive, 3 no source could be read, 5 the archive cannot be written, 130 stopped by Ctrl-C.
"""

import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add

SOURCES = ("deribit", "fred", "alfred", "coingecko", "coinmetrics", "mempool")


def parser() -> CommandParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal facts",
        description="Add figures of markets, which are no prices, to a point-in-time archive (Parquet).",
        epilog="docs/context.md lists the figures and their sources. CoinMetrics' data are for non-commercial use.",
    )
    parse.add_argument(
        "--sources",
        nargs="+",
        action="extend",
        choices=SOURCES,
        default=[],
        metavar="SOURCE",
        help=f"public sources to ask: {', '.join(SOURCES)}",
    )
    parse.add_argument(
        "--exchange", metavar="ALSO", help="an exchange by its name at ccxt: order book, funding, open interest"
    )
    parse.add_argument(
        "--odds",
        nargs="+",
        action="extend",
        default=[],
        metavar="SYMBOL=SLUG",
        help="prediction markets of Polymarket, each for a symbol",
    )
    add(parse, "--symbols", required=True)
    parse.add_argument("--archive", required=True, metavar="DIR", help="the folder to which files are added")
    add(parse, "--every")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Ask once, or until stopped; returns the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.facts import facts_command

        return facts_command(arguments)

    return ended(work, "Stopped. The figures read so far are in the archive.")


if __name__ == "__main__":
    sys.exit(main())
