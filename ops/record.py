"""`tribunal record RUN…`: what the voters of these runs have earned on paper, kept under your key for real money to read.

    tribunal record runs/paper-001 runs/testnet-001
    tribunal record                                     shows the record that was made last

Each journal is verified with your key first. Closed trades count for each voter by its text and its parameters; the mean result
of a trade is told with its 95 % interval. Paper on a --feed and test networks count; simulated and recorded bars never do. The
trials of the kill switch at an exchange (`tribunal halt --flatten`) are kept too. The record is made of the named runs alone.

Exit codes: 0 told; 2 usage; 4 the record does not verify; 5 it cannot be written. A run that does not count is named with the
reason.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal record",
        description="Count what the voters of sealed journals have earned on paper, for real money to read.",
        epilog="Without a run it shows the record that was made last.",
    )
    add(parse, "runs", nargs="*")
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Count and tell, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.record import record_command

        return record_command(arguments)

    return ended(work, "Stopped. The record is as it was.")


if __name__ == "__main__":
    sys.exit(main())
