"""`tribunal halt`: the kill switch. Sessions take no new risk from the next time they read it.

It writes a latch file into the state folder. It needs no running session, no journal and no network, and loads no large package.
Sessions read the latch at every bar close, before each verdict of the gate, and before each entry is sent. They withdraw entries
that are under way; positions keep their stops. With --flatten, sessions sell their positions at market, and the journal records
`flat` when the venue's fills confirm it. The latch survives restart, kill -9 and midnight, until `tribunal unhalt`.

Exit codes: 0 halted and logged; 1 halted, but a part of the request could not be stored; 2 usage: nothing was halted; 5 the latch
could not be written: sessions continue.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add, add_scope


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal halt",
        description="The kill switch: no session takes new risk until tribunal unhalt.",
    )
    parse.add_argument("--flatten", action="store_true", help="also sell the positions of these sessions at market")
    add(parse, "--reason", default="no reason given")
    add_scope(parse)
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Set the latch and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.halt import halt_command

        return halt_command(arguments)

    return ended(work, "Interrupted. The latch may not be set: run tribunal halt again before you rely on it.")


if __name__ == "__main__":
    sys.exit(main())
