"""`tribunal steer RUN VERB [TARGET]`: asks something of a session that runs, and tells what became of it.

    tribunal steer runs/paper-001 pause --why "news at two"
    tribunal steer runs/paper-001 close BTC/USDT --why "listed elsewhere"
    tribunal steer runs/paper-001 propose BTC/USDT --direction long --why "the split is off the table"
    tribunal steer runs/paper-001 withdraw 20260301T120000-pause-5f3a9c01

Verbs: pause and resume (entries), strategy-off and strategy-on, close (one position, at market), cancel (entries under way; stops
stay), reload (the profile: tighter limits, models, sources), propose (a vote of the strategy `outside`, which court and gate
judge). `withdraw` takes back a word that the session has not heard, by its id. The session journals what was asked before
anything follows from it.
On a terminal it asks for words that name the scope and says what will be so. Without one, brakes are obeyed at once, and all else
needs --yes. The kill switch is `tribunal halt` and `tribunal unhalt`: no verb here lifts it. See docs/steer.md.

Exit codes: 0 done, on the venue's word; 1 refused by the session, not done, or not heard in time; 2 usage; 5 the word cannot be
left for the session; 6 not confirmed.
"""

import argparse
import sys
from collections.abc import Sequence

from config.ending import ended
from ops.commands.options import CommandParser, add

VERBS = ("pause", "resume", "strategy-off", "strategy-on", "close", "cancel", "reload", "propose")
"""As they are typed; `execution.steering.words` owns them, and a test compares."""
WITHDRAW = "withdraw"
"""As the same file spells it."""
DIRECTIONS = ("long", "short")
"""Of a proposal; a test compares them too."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = CommandParser(
        prog="tribunal steer",
        description="Ask something of a running session: pause, resume, switch a strategy, close, cancel, reload, propose.",
    )
    add(parse, "run")
    parse.add_argument(
        "verb",
        choices=(*VERBS, WITHDRAW),
        metavar="VERB",
        help=f"what is asked: {', '.join(VERBS)}; or {WITHDRAW}, which takes back what was not heard yet",
    )
    parse.add_argument(
        "target",
        nargs="?",
        default="",
        metavar="TARGET",
        help="the market or the strategy that it is about, or the id of a word",
    )
    parse.add_argument("--direction", choices=DIRECTIONS, default=None, help="of a proposal: what is proposed")
    parse.add_argument("--why", metavar="TEXT", default="", help="the reason; it is journaled with your name")
    parse.add_argument("--yes", action="store_true", help="do not ask for a confirmation")
    parse.add_argument(
        "--wait",
        type=float,
        default=15.0,
        metavar="S",
        help="how long it waits for the result (default: %(default)s) [s]",
    )
    add(parse, "--json", "--quiet")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Ask the session and return the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        from ops.commands.operate.steer import steer_command

        return steer_command(arguments)

    return ended(work, "Stopped.")


if __name__ == "__main__":
    sys.exit(main())
