"""`tribunal simulator`: serve the simulated exchange on this machine, for any program that speaks Binance's spot protocol, or
with `--profile perp` its USD-M protocol of perpetuals.

    tribunal simulator --data BTCUSDT_1h.parquet --speed 60 --faults faults.yaml

REST and websocket, signed requests, filters, weights, the user stream (docs/execution.md). It plays the profile's simulated
market or recorded bars, whose times are moved so that the first bar forms now. Nothing is kept at its end. Exit codes: 2 wrong
settings or arguments, 3 bars that cannot be trusted, 130 stopped by Ctrl-C, which alone ends it.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_contracts, add_reading


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal simulator",
        description="Serve the simulated exchange on this machine: Binance's spot protocol over REST and websocket.",
    )
    add(parse, "--data")
    add(parse, "--store", "--exchange")
    add(parse, "--profile", default="paper")
    add(parse, "--symbols", "--timeframe", "--start", "--end", "--days", "--seed", "--set")
    add_contracts(parse)
    add_reading(parse)
    parse.set_defaults(needs_bars=False, strategy=None)
    parse.add_argument("--port", type=int, default=8765, metavar="PORT", help="port on 127.0.0.1 (default: 8765)")
    parse.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="X",
        help="seconds of the market in a second; 0: it stands, and POST /sim/advance moves it (default: 1)",
    )
    parse.add_argument(
        "--as",
        dest="played_as",
        choices=("1m", "5m", "15m", "30m", "1h", "4h", "1d"),
        metavar="LENGTH",
        help="tell and play the bars as bars of this length: hourly ones as 1m pass in a minute each (default: their own)",
    )
    parse.add_argument(
        "--balance",
        nargs="+",
        default=[],
        metavar="COIN=AMOUNT",
        help="what the account holds at the start (default: the profile's venue.starting_cash of each quote coin)",
    )
    parse.add_argument(
        "--fee-in",
        choices=("bought", "quote"),
        default="bought",
        help="coin of the fees: what was bought, as at Binance, or the quote coin, as in process (default: bought)",
    )
    parse.add_argument("--faults", metavar="FILE", help="a scenario of faults, YAML (docs/execution.md)")
    add(parse, "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.simulator import simulator_command

        return simulator_command(arguments)

    return ended(work, "Stopped. Nothing of the simulated exchange was kept.")


if __name__ == "__main__":
    sys.exit(main())
