"""`tribunal alert`: one test alert to each destination, so that a wrong one is known before the night.

    TRIBUNAL_ALERTS="critical=tgram://TOKEN/CHAT" tribunal alert

The destinations are those of TRIBUNAL_ALERTS and of --alert, as `tribunal run` and `tribunal watchdog` read them. Nothing else
is done. --list shows every alert, what it means and what to do.

Exit codes: 0 every destination took it; 1 one did not; 2 options or routes that cannot be read, or no route at all.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal alert",
        description="Send a test to where alerts go, or list every alert.",
    )
    add(parse, "--alert")
    parse.add_argument(
        "--list", action="store_true", help="list every alert, how grave it is and what to do; send nothing"
    )
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Send the test, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.watch.alert import alert_command

        return alert_command(arguments)

    return ended(work, "Stopped. Some destinations may have been told.")


if __name__ == "__main__":
    sys.exit(main())
