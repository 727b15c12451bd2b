"""The kill switch by trigger: it falls when a figure of the session's surroundings is above its limit (`emergency:`).

A trigger is what a latch is: an input that is journaled when the session reads it, so a replay reads the same at the same
look and measures nothing. One that needs a human, and one that sells, sets the latch file of the profile as `tribunal halt`
does; it outlives the process, withdraws entries whatever the profile says, and `tribunal unhalt` lifts it. The others lift
themselves when the figure is at half of its limit.

It never lifts what a human has set. A figure that nobody knows trips nothing and lifts nothing.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from config.clock import Clock
from config.sections.emergency.settings import TriggerSettings
from config.sections.emergency.table import TRIGGERS, Action, Trigger
from execution.kill_switch.halting import Halt, Lifted, Reading, Switch
from execution.kill_switch.latch import Latch, LatchFolder

WHO = "tribunal"
SCOPE = "trigger "
"""What the scope of a trigger that lifts itself begins with. No profile has a blank in its name."""


class Figure(Protocol):
    """What a trigger measures."""

    def __call__(self) -> float | None:
        """The figure now; None while it is not known."""
        ...


class Emergency(Protocol):
    """The settings (`emergency:`)."""

    def of(self, name: str) -> TriggerSettings | None: ...


class Triggers:
    """The triggers of one session. `figures` by name of the trigger; one without a figure never falls."""

    def __init__(
        self,
        settings: Emergency,
        figures: Mapping[str, Figure],
        folder: LatchFolder,
        profile: str,
        clock: Clock,
        is_past: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_past`: whether the session still repeats its journal: nothing is measured then."""
        rows = ((row, settings.of(row.name), figures.get(row.name)) for row in TRIGGERS)
        self._watched = tuple((row, limit, figure) for row, limit, figure in rows if limit and figure)
        self._folder, self._profile, self._clock, self._is_past = folder, profile, clock, is_past
        self._down: dict[str, Halt] = {}
        self._latched: set[str] = set()

    def standing(self) -> tuple[Halt, ...]:
        """The triggers that are down now and have no latch file. Measures all of them."""
        if self._is_past():
            return ()
        for row, limit, figure in self._watched:
            self._measure(row, limit, figure())
        return tuple(self._down.values())

    def _measure(self, row: Trigger, limit: TriggerSettings, figure: float | None) -> None:
        if figure is None:
            return
        known = row.name in self._down or row.name in self._latched
        if figure > limit.above:
            if not known:
                self._fall(row, limit, figure)
        elif row.name in self._latched:
            self._latched.discard(row.name)  # it may fall again; the file is a human's to lift
        elif row.name in self._down and not self._stays(row, limit) and figure <= limit.above / 2:
            del self._down[row.name]

    def _fall(self, row: Trigger, limit: TriggerSettings, figure: float) -> None:
        why = f"{row.name}: {row.measures} is {figure:.3g} {row.unit}, and its limit {limit.above:g}"
        sells = limit.action is Action.FLATTEN
        if self._stays(row, limit) and self._set(why, sells=sells):
            self._latched.add(row.name)
            return
        self._down[row.name] = Halt(
            scope=f"{SCOPE}{row.name}", who=WHO, given_utc=self._clock.now(), why=why, flatten=sells,
            cancels=limit.action is not Action.CLOSE_ONLY,
        )  # fmt: skip

    def _set(self, why: str, *, sells: bool) -> bool:
        """Set the latch file of the profile. Whether it is down; where no file can be written, the session remembers it alone."""
        try:
            self._folder.set(Latch(self._profile, WHO, self._clock.now().isoformat(), why[:500], sells))
        except OSError:
            return False
        return True

    @staticmethod
    def _stays(row: Trigger, limit: TriggerSettings) -> bool:
        return row.needs_human or limit.action is Action.FLATTEN


class TriggerSwitch:
    """The latches of another switch, and the triggers."""

    def __init__(self, switch: Switch, triggers: Triggers) -> None:
        self._switch = switch
        self._triggers = triggers
        self._before: tuple[Halt, ...] = ()

    def read(self, look: int) -> Reading:
        own = self._triggers.standing()
        found = self._switch.read(look)
        over = [halt for halt in self._before if halt not in own]
        lifted = tuple(Lifted(scope=halt.scope, who=WHO, given_utc=None, why="it is over") for halt in over)
        self._before = own
        return Reading((*found.halts, *own), (*found.lifted, *lifted))
