"""`tribunal ask SYMBOL --data PATH…`: hear one market now, trade nothing, and print the trial.

The court hears the market at the last closed bar of the data, or at `--at`, with an empty book: the votes, what each role says
with its citations, the ruling, every rule of the gate, and the order that would be sent. No run folder is left. Exit codes: 0
heard, 2 wrong settings or arguments, 3 data that cannot be trusted, 5 output, 8 a recorded answer of a model is missing, 10 a
strategy failed, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_reading, add_told_finer


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal ask",
        description="Hear one market now, trade nothing, and print the trial from the votes to the order that would be sent.",
        epilog="The book is the empty one of a new session. Models that sit in the court are paid; the rules mind is free.",
    )
    parse.add_argument("symbol", metavar="SYMBOL", help="the market: BTC/USDT, BTCUSDT or BTC")
    parse.add_argument(
        "--at",
        metavar="TIME",
        help="hear it at the close of this bar, UTC: 2024-05-01T06:00 (default: the last closed bar)",
    )
    add(parse, "--data", "--store", "--exchange", "--simulated")
    add(parse, "--profile", default="paper")
    add(parse, "--symbols", "--timeframe", "--strategy", "--seed", "--set")
    add_reading(parse)
    add_told_finer(parse)
    add(parse, "--mind", "--model", "--require-models", "--no-court", "--calibration", "--record", "--memory")
    add(parse, "--json", "--quiet")
    parse.set_defaults(start=None, end=None, needs_bars=False)
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Hear one market and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.ask import ask_command

        return ask_command(arguments)

    return ended(work, "Stopped. Nothing was traded.")


if __name__ == "__main__":
    sys.exit(main())
