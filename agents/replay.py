"""`tribunal replay RUN`: recompute every decision of a run from its journal, and compare to the byte.

The journal is verified first, event by event. Then the bars are lived through again on the same path, with the venue's words
and the news as they were recorded, and everything that the system says is held against what it said: votes, opinions,
ruling, adjustment, verdict, orders, breakers, ledger. Events that an older version wrote are compared by value, and named.

Exit codes: 0 identical, 1 a difference (shown), 4 a journal that cannot be believed, 9 identical as far as it goes, and cut
short. --limits FILE asks another question: what would the gate have done under these limits?
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="tribunal replay",
        description="Recompute every decision of a run from its journal and compare bytes.",
        epilog="Exit codes: 0 identical, 1 different (it is shown), 2 usage, 4 journal not believable, 9 cut short.",
    )
    add(parse, "run")
    parse.add_argument("--limits", metavar="FILE", help="YAML with other limits: what would the gate have done?")
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Replay a run and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.replay import replay_command

        return replay_command(arguments)

    return ended(work, "Stopped; a replay changes nothing.")


if __name__ == "__main__":
    sys.exit(main())
