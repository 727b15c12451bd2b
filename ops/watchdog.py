"""`tribunal watchdog`: a second process that tells you when a session is gone, or hangs.

    TRIBUNAL_ALERTS="critical=tgram://TOKEN/CHAT" tribunal watchdog runs/live-001

It reads the heartbeat that the trading loop of a session on the clock leaves in its folder. A process that is gone is told within
seconds, one that finishes nothing after --silent. It is told again with growing pauses, and once when all is well. With --halt it
also puts the kill switch down. It ends when all runs have come to their end, or by Ctrl-C.

Exit codes: 0 all runs have ended; 2 options or routes that cannot be read, or a folder that is no run; 130 Ctrl-C or SIGTERM.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal watchdog",
        description="Watch running sessions from a second process, and tell when one is gone or hangs.",
    )
    add(parse, "runs")
    add(parse, "--alert")
    parse.add_argument(
        "--silent",
        type=float,
        default=120.0,
        metavar="S",
        help="how long a session that lives may be silent, or behind its next bar [s] (default: 120)",
    )
    parse.add_argument(
        "--halt", action="store_true", help="also put the kill switch down for the profile of what stalled"
    )
    add(parse, "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Watch, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.watch.watchdog import watchdog_command

        return watchdog_command(arguments)

    return ended(work, "The watchdog has stopped. Nobody watches these sessions now.")


if __name__ == "__main__":
    sys.exit(main())
