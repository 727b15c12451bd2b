"""`python -m agents.resume --reason TEXT`: lift the kill switch. (To go on with a run that was killed: `agents.run --resume`.)

The reason is kept in the log of the state folder, and in the journal of whatever session sees it first. Without a reason, or
where the log cannot be written, the latch stays down.

Exit codes: 0 nothing stops these sessions any more (whether or not anything did); 1 another latch still does; 2 usage; 5 the
latch could not be lifted.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from config.clock import SystemClock
from config.ending import ended
from config.errors import OutputFault, UsageFault
from config.state import state_folder
from execution.kill_switch.latch import ALL, LatchFolder, Lift
from ops.commands.switch_options import scope_of, scope_words, sentence, user

STILL_HALTED = 1
"""Exit code where what was asked for was lifted, and another latch still stops these sessions."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="python -m agents.resume",
        description="Lift the kill switch: sessions may take new risk again.",
        epilog="Exit codes: 0 lifted, 1 lifted but another latch is still down, 2 usage, 5 not lifted. "
        "To go on with a run that was killed: agents.run --resume RUN.",
    )
    parse.add_argument("--reason", required=True, metavar="TEXT", help="why it is safe to go on; kept in the log")
    parse.add_argument("--profile", metavar="NAME", help="the latch of this profile (default: the one for all)")
    parse.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Lift the latch and return the exit code."""
    arguments = parser().parse_args(argv)
    return ended(lambda: _resume(arguments), "Interrupted: the latch may still be down.")


def _resume(arguments: argparse.Namespace) -> int:
    reason = sentence(arguments.reason)
    if not reason:
        raise UsageFault("--reason is empty; the latch stays down. Say why it is safe to go on.")
    scope = scope_of(arguments.profile, "resumed")
    folder = LatchFolder(state_folder())
    latch = folder.read(scope)
    if latch is not None:
        try:
            folder.lift(Lift(scope, user(), SystemClock().now().isoformat(), reason))
        except OSError as fault:
            raise OutputFault(
                f"NOT RESUMED: the latch {folder.file(scope)} cannot be lifted and logged ({fault.strerror}). It stays down. "
                "Make the folder writable, then resume again."
            ) from fault
    left = [other.scope for other in folder.standing() if scope in (other.scope, ALL) or other.scope == ALL]
    if arguments.json:
        sys.stdout.write(json.dumps({"scope": scope, "lifted": latch is not None, "still_halted": left}) + "\n")
    else:
        sys.stdout.write(_told(scope, lifted=latch is not None, left=left))
    return STILL_HALTED if left else 0


def _told(scope: str, *, lifted: bool, left: list[str]) -> str:
    head = f"Resumed: {scope_words(scope).lower()} may take new risk" if lifted else "There was no such latch"
    if not left:
        return f"{head}.\n"
    options = [
        f"python -m agents.resume{'' if other == ALL else f' --profile {other}'} --reason TEXT" for other in left
    ]
    return f"{head}, but for what another latch still stops:\n" + "".join(f"  {option}\n" for option in options)


if __name__ == "__main__":
    sys.exit(main())
