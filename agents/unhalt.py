"""`tribunal unhalt --reason TEXT`: lift the kill switch. (`tribunal run --resume` continues a run that was killed.)

The reason is written to the log of the state folder, and to the journal of the first session that reads it. Without a reason, or
if the log cannot be written, the latch stays down.

Exit codes: 0 no latch stops these sessions (also if none did before); 1 another latch still stops them; 2 usage; 5 the latch
could not be lifted.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_scope


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal unhalt",
        description="Lift the kill switch: sessions may take new risk again.",
        epilog="To continue a run that was killed: tribunal run --resume RUN.",
    )
    add(parse, "--reason", required=True)
    add_scope(parse)
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Lift the latch and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.unhalt import unhalt_command

        return unhalt_command(arguments)

    return ended(work, "Interrupted. The latch may still be down: run tribunal unhalt again.")


if __name__ == "__main__":
    sys.exit(main())
