"""The kill switch of `tribunal halt` and `tribunal unhalt`, for the watchdog and the chat: the same files, the same log."""

from contextlib import suppress

from config.clock import Clock
from config.state import state_folder
from execution.kill_switch.latch import ALL, Latch, LatchFolder, Lift


def put_down(scope: str, who: str, why: str, clock: Clock) -> str:
    """Set the latch of a profile, or of all. Returns what is to be said. Raises OSError, UsageFault, OutputFault."""
    folder = LatchFolder(state_folder())
    wanted = Latch(scope, who, clock.now().isoformat(), why, flatten=False)
    before = folder.read(scope)
    latch = folder.set(wanted)
    with suppress(OSError):  # the latch is down, which is what counts
        folder.log("halted", wanted._asdict())
    head = "Halted" if before is None else f"Was halted already, by {latch.who}"
    return f"{head}: {latch.why}. No new risk in {_of(scope)}; exits and stops go on."


def lift(scope: str, who: str, why: str, clock: Clock) -> str:
    """Lift the latch of a profile, or of all. Returns what is to be said. Raises OSError, UsageFault, OutputFault."""
    folder = LatchFolder(state_folder())
    if folder.read(scope) is None:
        said = f"There was no such latch for {_of(scope)}."
    else:
        folder.lift(Lift(scope, who, clock.now().isoformat(), why))
        said = f"Lifted for {_of(scope)}."
    left = [f"{other.scope} ({other.who}: {other.why})" for other in folder.standing()]
    return f"{said} Still down: {', '.join(left)}." if left else f"{said} Nothing else is down."


def _of(scope: str) -> str:
    return "all sessions" if scope == ALL else f"sessions of the profile {scope}"
