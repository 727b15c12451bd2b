"""What `tribunal unhalt` does: it logs the reason and takes the latch away. The standard library is all that is loaded."""

import argparse
import json
import sys

from config.clock import SystemClock
from config.errors import OutputFault, UsageFault
from config.state import state_folder
from execution.kill_switch.latch import ALL, LatchFolder, Lift
from ops.commands.switch_options import scope_of, scope_words, sentence, user

STILL_HALTED = 1
"""Exit code where what was asked for was lifted, and another latch still stops these sessions."""


def unhalt_command(arguments: argparse.Namespace) -> int:
    """Lift the latch; returns the exit code. Raises UsageFault, OutputFault."""
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
        told = {"scope": scope, "lifted": latch is not None, "still_halted": left, "state": str(folder.path.parent)}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(_told(scope, lifted=latch is not None, left=left))
        if latch is not None:
            sys.stdout.write(f"This holds for sessions whose state lies in {folder.path.parent}.\n")
    return STILL_HALTED if left else 0


def _told(scope: str, *, lifted: bool, left: list[str]) -> str:
    head = f"Resumed: {scope_words(scope).lower()} may take new risk" if lifted else "There was no such latch"
    if not left:
        return f"{head}.\n"
    options = [f"tribunal unhalt{'' if other == ALL else f' --profile {other}'} --reason TEXT" for other in left]
    return f"{head}, but for what another latch still stops:\n" + "".join(f"  {option}\n" for option in options)
