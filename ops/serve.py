"""`tribunal serve RUN`: a window on a running session, or on a finished one, in a browser. It only looks.

    tribunal serve runs/paper-001

The pages and the REST interface are read out of the run's journal, which may grow meanwhile. Without RUN it is the newest one in
runs/. Only this machine reaches them, unless a proxy or TLS is named and a password is set.

Exit codes: 0 done (also after Ctrl-C); 2 options or an address that cannot be used; 4 a journal that cannot be trusted;
5 the operator's file cannot be written.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal serve",
        description="Show a running session, or a finished one, in a browser. Nothing can be changed there.",
    )
    add(parse, "run", nargs="?", default=None)
    parse.add_argument("--port", type=int, default=None, metavar="N", help="port (default: 8420; 0 takes any)")
    parse.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="address to serve at (default: %(default)s)"
    )
    parse.add_argument(
        "--behind-proxy",
        metavar="HOST",
        help="name under which a proxy of yours, which speaks TLS, is reached (docs/serve.md)",
    )
    parse.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="certificate and key, to speak TLS itself")
    parse.add_argument(
        "--set-password", action="store_true", help="ask for the operator's password, keep its hash, and serve nothing"
    )
    parse.add_argument(
        "--new-token", metavar="NAME", help="make a token for a program, print it once, and serve nothing"
    )
    parse.add_argument(
        "--scope",
        choices=("read", "propose", "steer"),
        default="read",
        help="what a new token allows; propose is for `tribunal mcp --allow-propose` (default: %(default)s)",
    )
    add(parse, "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Serve, and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.serve import serve_command

        return serve_command(arguments)

    return ended(work, "Stopped.")


if __name__ == "__main__":
    sys.exit(main())
