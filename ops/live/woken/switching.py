"""The kill switch of `tribunal halt` and `tribunal unhalt`, for watchdog, page and chat: the same files, the same log."""

from contextlib import suppress
from typing import NamedTuple

from config.clock import Clock
from config.state import state_folder
from execution.kill_switch.latch import ALL, Latch, LatchFolder, Lift


class Switched(NamedTuple):
    """What was done: in words, when the latch that stands now was set or lifted (ISO 8601), and whether anything has changed."""

    told: str
    given_utc: str
    is_new: bool


def put_down(scope: str, who: str, why: str, clock: Clock, *, flatten: bool = False) -> Switched:
    """Set the latch of a profile, or of all; `flatten`: positions are sold. Raises OSError,
    UsageFault, OutputFault."""
    folder = LatchFolder(state_folder())
    before = folder.read(scope)
    latch = folder.set(Latch(scope, who, clock.now().isoformat(), why, flatten=flatten))
    with suppress(OSError):  # the latch is down, which is what counts
        folder.log("halted", latch._asdict())
    is_new = before is None or (flatten and not before.flatten)
    head = "Halted" if is_new else f"Was halted already, by {latch.who}"
    sells = " All positions are sold at market." if latch.flatten else ""
    told = f"{head}: {latch.why}. No new risk in {_of(scope)}; exits and stops go on.{sells}"
    return Switched(told, latch.given_utc, is_new)


def lift(scope: str, who: str, why: str, clock: Clock) -> Switched:
    """Lift the latch of a profile, or of all. Raises OSError, UsageFault, OutputFault."""
    folder, given = LatchFolder(state_folder()), clock.now().isoformat()
    if not (is_new := folder.read(scope) is not None):
        said = f"There was no such latch for {_of(scope)}."
    else:
        folder.lift(Lift(scope, who, given, why))
        said = f"Lifted for {_of(scope)}."
    left = [f"{other.scope} ({other.who}: {other.why})" for other in folder.standing()]
    standing = f"Still down: {', '.join(left)}." if left else "Nothing else is down."
    return Switched(f"{said} {standing}", given, is_new)


def _of(scope: str) -> str:
    return "all sessions" if scope == ALL else f"sessions of the profile {scope}"
