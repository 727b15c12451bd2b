"""`tribunal mcp RUN`: lets other agents look at a session over the Model Context Protocol. It changes nothing.

    tribunal mcp runs/paper-001

With --allow-propose an agent may also propose a position: a vote of the strategy `outside`, where the profile lists it, which
court and gate judge as every vote.

The server speaks on its standard input and output, as a client of the protocol starts it; with --http it is served on loopback,
to whoever brings a token of the scope `read` (`tribunal serve --new-token NAME`), or `propose` where that is allowed.
The run may trade meanwhile.

Exit codes: 0 the client has gone (also after Ctrl-C); 2 options or a port that cannot be used; 4 a journal that cannot be
trusted.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal mcp",
        description="Let other agents look at a session over the Model Context Protocol. Nothing can be changed there.",
    )
    add(parse, "run")
    parse.add_argument(
        "--http",
        nargs="?",
        type=int,
        const=8422,
        default=None,
        metavar="PORT",
        help="serve at this port of this machine (8422 if none is given; 0 takes any; default: standard input and output)",
    )
    parse.add_argument(
        "--files",
        default=None,
        metavar="FOLDER",
        help="folder whose files of bars a backtest may read (default: none, bars are drawn)",
    )
    parse.add_argument(
        "--allow-propose",
        action="store_true",
        help="let agents propose positions, which court and gate judge as every vote (default: they only look)",
    )
    add(parse, "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Serve, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.watch.mcp import mcp_command

        return mcp_command(arguments)

    return ended(work, "Stopped.")


if __name__ == "__main__":
    sys.exit(main())
