"""What `tribunal halt` does: it puts the latch down and reads it back. The standard library is all that is loaded."""

import argparse
import json
import sys
from pathlib import Path

from config.clock import SystemClock
from config.errors import OutputFault, TribunalError
from config.state import state_folder
from execution.kill_switch.latch import ALL, UNKNOWN, Latch, LatchFolder
from ops.commands.switch_options import scope_of, scope_words, sentence, user

PARTLY = 1
"""Exit code for a latch that is down while its reason, its --flatten or its log entry could not be written."""


def halt_command(arguments: argparse.Namespace) -> int:
    """Set the latch; returns the exit code. Raises UsageFault, OutputFault."""
    scope = scope_of(arguments.profile, "halted")
    wanted = Latch(scope, user(), SystemClock().now().isoformat(), sentence(arguments.reason), arguments.flatten)
    folder = LatchFolder(_state())
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


def _state() -> Path:
    """The state folder. Raises what `state_folder` raises, with what it means for the sessions."""
    try:
        return state_folder()
    except TribunalError as fault:
        raise type(fault)(f"NOT HALTED: {fault} Sessions go on: `kill PID` ends one after its bar.") from fault


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
        f"  tribunal unhalt{option} --reason TEXT\n"
    )
