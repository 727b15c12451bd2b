"""`python -m agents.halt`: the kill switch. From the next look of any session on, no new risk is taken.

It puts a latch into the state folder and needs nothing else: no running session, no journal, no network, and nothing heavy is
loaded. Sessions look at the latch at every bar close, before each verdict of the gate and before each entry leaves; entries
under way are withdrawn, held positions keep their stops. With --flatten they are sold at market, and the session's journal says
`flat` once the venue's fills have said so. It survives restart, kill -9 and midnight, until `python -m agents.resume`.

Exit codes: 0 the latch is down and logged; 1 it is down, and a part of what was asked could not be kept; 2 usage: nothing was
halted; 5 it could not be put down: sessions go on.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from config.clock import SystemClock
from config.ending import ended
from config.errors import OutputFault
from config.state import state_folder
from execution.kill_switch.latch import ALL, UNKNOWN, Latch, LatchFolder
from ops.commands.switch_options import scope_of, scope_words, sentence, user

PARTLY = 1
"""Exit code for a latch that is down while its reason, its --flatten or its log entry could not be written."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="python -m agents.halt",
        description="The kill switch: from now on no session takes new risk, until agents.resume.",
        epilog="Exit codes: 0 halted, 1 halted but not all of it could be kept, 2 usage, 5 not halted.",
    )
    parse.add_argument("--flatten", action="store_true", help="also sell at market what sessions hold")
    parse.add_argument(
        "--reason", default="no reason given", metavar="TEXT", help="why; kept in the log and in journals"
    )
    parse.add_argument("--profile", metavar="NAME", help="only sessions of this profile (default: all)")
    parse.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Let the latch fall and return the exit code."""
    arguments = parser().parse_args(argv)
    return ended(lambda: _halt(arguments), "Interrupted: look whether the latch is down before you rely on it.")


def _halt(arguments: argparse.Namespace) -> int:
    scope = scope_of(arguments.profile, "halted")
    wanted = Latch(scope, user(), SystemClock().now().isoformat(), sentence(arguments.reason), arguments.flatten)
    folder = LatchFolder(state_folder())
    before = folder.read(scope)
    try:
        latch = folder.set(wanted)
    except OSError as fault:
        raise OutputFault(
            f"NOT HALTED: the latch cannot be put into {folder.path} ({fault.strerror}). Sessions go on. Stop them by their "
            "process id (kill PID ends one after its bar), and make the folder writable."
        ) from fault
    lost = _lost(folder, wanted, latch)
    already = before is not None and before.given_utc != UNKNOWN
    if arguments.json:
        told = latch._asdict() | {"already": already, "lost": lost, "file": str(folder.file(scope).absolute())}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(_told(folder, latch, already=already))
        sys.stderr.write("".join(f"Not kept: {what}.\n" for what in lost))
    return PARTLY if lost else 0


def _lost(folder: LatchFolder, wanted: Latch, latch: Latch) -> list[str]:
    """What was asked for and is not there now."""
    lost = []
    if latch.given_utc == UNKNOWN:
        lost.append(f"who, when and why ({latch.why})")
    if wanted.flatten and not latch.flatten:
        lost.append("--flatten: positions are not sold, they keep their stops")
    try:
        folder.log("halted", wanted._asdict())
    except OSError as fault:
        lost.append(f"the entry in the log ({fault.strerror})")
    return lost


def _told(folder: LatchFolder, latch: Latch, *, already: bool) -> str:
    head = f"Was halted already, by {latch.who} at {latch.given_utc}" if already else "Halted"
    held = "What they hold is sold at market" if latch.flatten else "What they hold keeps its stops"
    option = "" if latch.scope == ALL else f" --profile {latch.scope}"
    return (
        f"{head}: {latch.why}.\n"
        f"{scope_words(latch.scope)} take no new risk; entries under way are withdrawn. {held}.\n"
        f"This holds for sessions whose state lies in {folder.path.parent}, now and later, until\n"
        f"  python -m agents.resume{option} --reason TEXT\n"
    )


if __name__ == "__main__":
    sys.exit(main())
