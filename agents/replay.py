"""`tribunal replay RUN`: recompute every decision of a run from its journal, and compare it byte by byte.

First the journal is verified, event by event. Then the same code processes the same bars again, with the venue's reports and the
news from the journal. Everything that it produces is compared with the journal: votes, opinions, ruling, adjustment, verdict,
orders, breakers, ledger. Events that an older version wrote are compared by value, and the output names them. The answers of a
policy need the folder of its model: without it they are taken from the journal, and the output says so. If the head of the
journal was kept outside (`journal.anchor`), the output says how far the journal agrees with that.

Exit codes: 0 identical, 1 a difference (shown), 4 a journal that does not verify or cannot be read, 9 identical, but the journal
was cut short. --limits FILE and --set limits.NAME=VALUE answer another question: what would the gate have decided with these
limits? --decision ID recomputes one decision, with all bars before it, since it follows from them. --as-backtest answers a third
question: what would the same bars have been worth on the simulated exchange, and by how much did execution differ?
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal replay",
        description="Recompute every decision of a run from its journal and compare bytes.",
    )
    add(parse, "run")
    parse.add_argument("--limits", metavar="FILE", help="YAML with other limits: what would the gate have decided?")
    add(parse, "--set")
    parse.add_argument(
        "--decision",
        metavar="ID",
        help="recompute this decision and what it follows from: an id, the beginning of one, SYMBOL@TIME (UTC), or last",
    )
    parse.add_argument("--policy", metavar="FOLDER", help="folder of the trained policy that the run has used")
    parse.add_argument(
        "--as-backtest",
        action="store_true",
        help="trade the run's bars on the simulated exchange too; compare fills, slippage, latency and results",
    )
    add(parse, "--anchors", "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Replay a run and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.trade.replay import replay_command

        return replay_command(arguments)

    return ended(work, "Stopped. The run is unchanged: a replay writes nothing.")


if __name__ == "__main__":
    sys.exit(main())
