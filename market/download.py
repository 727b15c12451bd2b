"""`tribunal download`: fill a store with candles of an exchange, through ccxt, without keys.

    tribunal download --exchange binance --symbols BTC/USDT ETH/USDT --timeframe 1h --since 2024-01-01

It asks for what the store was not yet asked for, page after page, as fast as the exchange allows, and leaves out the candle that
is still forming. What was downloaded is stored: after Ctrl-C, a kill or a failure the same command goes on from there.
`tribunal backtest --store store --symbols BTC/USDT` reads it. Exit codes: 0 done, 2 wrong arguments, 3 the exchange did not
answer or cannot be believed, 5 the store cannot be written, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal download",
        description="Fill a store of Parquet files with closed candles of an exchange, and go on where it ended.",
    )
    add(
        parse,
        "--exchange",
        required=True,
        metavar="FROM",
        help="an exchange as ccxt calls it: binance, kraken, coinbase",
    )
    add(parse, "--symbols", required=True, metavar="MARKET", help="spot markets, as BASE/QUOTE")
    add(
        parse,
        "--timeframe",
        choices=("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"),
        required=True,
        metavar="LENGTH",
        help="of a candle: 1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w",
    )
    parse.add_argument("--since", metavar="DATE", required=True, help="begin, UTC: 2020-02-01 or 2020-02-01T06:00")
    parse.add_argument("--until", metavar="DATE", help="end, UTC, not included (default: now, by the exchange's time)")
    add(parse, "--store", default="store", metavar="INTO", help="folder of the store (default: %(default)s)")
    parse.add_argument("--url", help="another address of the exchange's interface: a mirror or a server of your own")
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Download and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.download import download_command

        return download_command(arguments)

    return ended(work, "Stopped. What was downloaded is stored; the same command goes on from there.")


if __name__ == "__main__":
    sys.exit(main())
