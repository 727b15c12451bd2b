"""Sources of a session's kill switch: the latch files, or, in a replay, the journal of the run.

The latch is an input of a run, like its bars and its news. At each look a replay gives what the run read there, and it never
reads a latch file.
"""

from collections.abc import Callable
from datetime import datetime

from config.clock import aware
from execution.kill_switch.halting import Halt, HaltEvent, Lifted, Reading, Switch
from execution.kill_switch.latch import ALL, UNKNOWN, Latch, LatchFolder, Lift

HaltsOf = Callable[[int], HaltEvent | None]
"""The recorded change of the kill switch at a look, by its number; None if nothing changed."""


class FileSwitch:
    """The latches of all profiles and of this one."""

    def __init__(self, folder: LatchFolder, profile: str) -> None:
        self._folder = folder
        self._scopes = (ALL, profile)
        self._unlatched: dict[str, Latch | None] = dict.fromkeys(self._scopes)
        self._before: dict[str, Latch | None] | None = None
        self._unchanged = Reading()

    def read(self, look: int) -> Reading:
        """The latches that are down now. The first look also reports a lift that no session has noted yet."""
        now = (
            self._unlatched if self._folder.is_missing else {scope: self._folder.read(scope) for scope in self._scopes}
        )
        before, self._before = self._before, now
        if before != now:
            self._unchanged = Reading(_halts(now))
            return self._unchanged._replace(lifted=tuple(self._lifted(before, now)))
        return self._unchanged

    def standing(self) -> tuple[Halt, ...]:
        """The latches that are down now. It is no look: nothing counts as seen."""
        return _halts({scope: self._folder.read(scope) for scope in self._scopes})

    def _lifted(self, before: dict[str, Latch | None] | None, now: dict[str, Latch | None]) -> list[Lifted]:
        found = []
        for scope, latch in now.items():
            if latch is not None:
                continue
            if before is None:
                told = self._folder.lifted(scope, fresh=True)
            elif before[scope] is not None:
                told = self._folder.lifted(scope, fresh=False) or _unexplained(scope)
            else:
                told = None
            if told is not None:
                found.append(Lifted(**told._asdict() | {"given_utc": _moment(told.given_utc)}))
        return found


class RecordedSwitch:
    """The switch as a run read it."""

    def __init__(self, halt_of: HaltsOf) -> None:
        self._halt_of = halt_of
        self._halts: tuple[Halt, ...] = ()

    def read(self, look: int) -> Reading:
        event = self._halt_of(look)
        if event is None:
            return Reading(self._halts)
        self._halts = event.halts
        return Reading(event.halts, event.lifted)


class ResumedSwitch:
    """For a resumed run: the journal up to its end, the latch files after it."""

    def __init__(self, halt_of: HaltsOf, is_past: Callable[[], bool], live: Switch) -> None:
        self._recorded = RecordedSwitch(halt_of)
        self._is_past = is_past
        self._live = live

    def read(self, look: int) -> Reading:
        return (self._recorded if self._is_past() else self._live).read(look)


def _halts(latches: dict[str, Latch | None]) -> tuple[Halt, ...]:
    return tuple(
        Halt(**latch._asdict() | {"given_utc": _moment(latch.given_utc)})
        for latch in latches.values()
        if latch is not None
    )


def _moment(text: str) -> datetime | None:
    return None if text == UNKNOWN else aware(datetime.fromisoformat(text))


def _unexplained(scope: str) -> Lift:
    return Lift(scope, UNKNOWN, UNKNOWN, "the latch was taken away without tribunal unhalt")
