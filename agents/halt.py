"""`tribunal halt`: the kill switch. From the next look of any session on, no new risk is taken.

It puts a latch into the state folder and needs nothing else: no running session, no journal, no network, and nothing heavy is
loaded. Sessions look at the latch at every bar close, before each verdict of the gate and before each entry leaves; entries
under way are withdrawn, held positions keep their stops. With --flatten they are sold at market, and the session's journal says
`flat` once the venue's fills have said so. It survives restart, kill -9 and midnight, until `tribunal unhalt`.

Exit codes: 0 the latch is down and logged; 1 it is down, and a part of what was asked could not be kept; 2 usage: nothing was
halted; 5 it could not be put down: sessions go on.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add, add_scope


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal halt",
        description="The kill switch: from now on no session takes new risk, until tribunal unhalt.",
        epilog="Exit codes: 0 halted, 1 halted but not all of it could be kept, 2 usage, 5 not halted.",
    )
    parse.add_argument("--flatten", action="store_true", help="also sell at market what sessions hold")
    add(parse, "--reason", default="no reason given")
    add_scope(parse)
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Let the latch fall and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.halt import halt_command

        return halt_command(arguments)

    return ended(work, "Interrupted: look whether the latch is down before you rely on it.")


if __name__ == "__main__":
    sys.exit(main())
