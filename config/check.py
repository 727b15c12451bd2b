"""`tribunal check`: what a profile resolves to, and which file each value comes from, before anything runs.

Settings go to stdout, as a table or with `--json`; faults go to stderr, all at once, with exit code 2. Secrets are shown
as set or not set, never as themselves. Nothing is started and nothing is written.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TextIO

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(prog="tribunal check", description="Show what a profile resolves to.")
    add(parse, "--profile", default="paper")
    add(parse, "--json")
    parse.add_argument(
        "--reference", action="store_true", help="print every setting that a profile may state instead, as Markdown"
    )
    return parse


def main(argv: Sequence[str] | None = None, stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Show a profile; the exit code: 0, or that of the fault."""
    out, err = stdout or sys.stdout, stderr or sys.stderr
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.check import check_command

        return check_command(arguments, out, err)

    return ended(work, "Stopped.")


if __name__ == "__main__":
    sys.exit(main())
