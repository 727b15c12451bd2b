"""`tribunal audit RUN`: does the ruling follow the evidence, or the name of the coin?

A seeded sample of a run's cases is tried again on mirrored evidence and on blinded cases. --cutoff compares what lies before
the end of a model's training data with what lies after it. The rules mind is asked again; recorded words of models are left
out and counted. Exit codes: 0 done, 2 usage or nothing to audit, 4 a journal that cannot be believed.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal audit",
        description="Turn the evidence of recorded cases round, hide their names, and see whether the ruling follows.",
        epilog="Exit codes: 0 done, 2 usage or nothing to audit, 4 journal not believable.",
    )
    add(parse, "run")
    parse.add_argument("--cases", type=int, default=200, help="cases that are drawn at most (200)")
    parse.add_argument(
        "--cutoff", metavar="DATE", help="compare the cases before this moment, UTC, with those after it"
    )
    add(parse, "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Audit a run and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.audit import audit_command

        return audit_command(arguments)

    return ended(work, "Stopped; an audit changes nothing.")


if __name__ == "__main__":
    sys.exit(main())
