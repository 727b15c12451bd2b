"""`tribunal attribution RUN…`: who changed the rulings, and what that was worth afterwards.

Each ruling is composed again with one role neutral, and both branches are followed on the same tape. Also shows how far the
roles disagreed. Exit codes: 0 done, 2 usage or nothing was heard, 4 a journal that cannot be believed.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal attribution",
        description="How often each role changed the ruling, and what that was worth on the tape that followed.",
        epilog="Exit codes: 0 done, 2 usage or nothing was heard, 4 journal not believable.",
    )
    add(parse, "runs", "--bars", "--json")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Attribute some runs and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.research.attribution import attribution_command

        return attribution_command(arguments)

    return ended(work, "Stopped; nothing was changed.")


if __name__ == "__main__":
    sys.exit(main())
