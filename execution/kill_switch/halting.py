"""The kill switch as a session sees it: an input that is journaled when it is read, and repeated from the journal in a replay.

At every look the session reads which latches are down. A change is journaled with the number of the look, before the session acts
on it. The trader withdraws entries and sells (`execution/account/trader.py`); this module only reads, journals and names.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import is_
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime
from execution.journal.event import Sink

_true: Callable[[Any], bool] = partial(is_, True)


PAUSED = "this session"
"""The scope of a pause of entries, which is no latch: `tribunal steer RUN pause` sets it, and `resume` ends it. No profile has a
blank in its name."""


class Halt(Frozen):
    """A latch that is down, for `all` profiles or one. `given_utc` is None if its file cannot be read, which counts as down."""

    scope: str
    who: str
    given_utc: UtcTime | None
    why: str
    flatten: bool
    cancels: bool = Field(default=True, exclude_if=_true)
    """Whether entries under way are withdrawn; left out where they are, as by every latch of a human."""


class Lifted(Frozen):
    """A latch that was lifted."""

    scope: str
    who: str
    given_utc: UtcTime | None
    why: str


class HaltEvent(Journaled):
    """What a session read from the kill switch: `halted` and `resumed` are inputs, `flat` is their result.

    `look` counts how often the session has read the switch. `flat` says that, according to the venue's reports, all positions are
    closed and no order can still be filled.
    """

    event_kind: ClassVar[str] = "halt"
    event_version: ClassVar[int] = 2

    action: Literal["halted", "resumed", "flat"]
    look: int
    as_of_utc: UtcTime
    halts: tuple[Halt, ...] = ()
    lifted: tuple[Lifted, ...] = ()


class Reading(NamedTuple):
    """The result of one look: the latches that are down, and those that were lifted since the last look."""

    halts: tuple[Halt, ...] = ()
    lifted: tuple[Lifted, ...] = ()


class Switch(Protocol):
    """A source of the kill switch's state."""

    def read(self, look: int) -> Reading:
        """The state at this look; looks are counted from 1. Never raises, whatever it finds."""
        ...


class NoSwitch:
    """A kill switch that is never down."""

    def read(self, look: int) -> Reading:
        return Reading()


class Sale(NamedTuple):
    """A position that the kill switch sells."""

    symbol: str
    decision_id: str
    why: str


class HaltWatch:
    """The kill switch of one session: it reads the switch and journals changes."""

    def __init__(self, switch: Switch, sink: Sink) -> None:
        self._switch = switch
        self._sink = sink
        self._looks = 0
        self._flat = False
        self._paused: tuple[Halt, ...] = ()
        self._ended: tuple[Lifted, ...] = ()
        self.halts: tuple[Halt, ...] = ()

    @property
    def why(self) -> str | None:
        """Why no new risk is taken; None while the switch is up."""
        if not self.halts:
            return None
        return "; ".join(
            f"{halt.who} {'paused' if halt.scope == PAUSED else 'halted'} {halt.scope}: {halt.why}"
            for halt in self.halts
        )

    @property
    def latches(self) -> tuple[Halt, ...]:
        """Those of `halts` that come from the switch: all but a pause."""
        return tuple(halt for halt in self.halts if halt.scope != PAUSED)

    @property
    def pause(self) -> Halt | None:
        """The pause that holds; None for none."""
        return self._paused[0] if self._paused else None

    def begin_pause(self, who: str, why: str, given_utc: datetime) -> None:
        """Take no new risk from the next look on, until `end_pause`."""
        self._paused = (Halt(scope=PAUSED, who=who, given_utc=given_utc, why=why, flatten=False),)

    def end_pause(self, who: str, why: str, given_utc: datetime) -> None:
        """End a pause at the next look. It lifts no latch."""
        self._paused = ()
        self._ended = (Lifted(scope=PAUSED, who=who, given_utc=given_utc, why=why),)

    def look(self, at: datetime) -> str | None:
        """Read the switch and journal a change. Returns why no new risk is taken, or None."""
        self._looks += 1
        found = self._own(self._switch.read(self._looks))
        if found.halts != self.halts or found.lifted:
            self.halts, self._flat = found.halts, False
            self._note("halted" if found.halts else "resumed", at, found)
        return self.why

    def _own(self, found: Reading) -> Reading:
        """A reading with the pause as the session knows it: one that a journal repeats holds it as well."""
        if not (self._paused or self._ended or self.halts):
            return found
        ended, self._ended = self._ended, ()
        halts = tuple(halt for halt in found.halts if halt.scope != PAUSED)
        lifted = tuple(lift for lift in found.lifted if lift.scope != PAUSED)
        return Reading((*halts, *self._paused), (*lifted, *ended))

    @property
    def flattens(self) -> bool:
        """Whether positions are to be sold."""
        return any(halt.flatten for halt in self.halts)

    @property
    def cancels(self) -> bool:
        """Whether entries under way are to be withdrawn."""
        return any(halt.cancels for halt in self.halts)

    def sale(self, symbol: str, at: datetime) -> Sale:
        """The name of a sale at this look, and its reason."""
        name = f"{at:%Y%m%dT%H%M}-{symbol.replace('/', '')}-halt{self._looks}"
        return Sale(symbol, name, f"kill switch: {self.why}")

    def told_flat(self, at: datetime, *, flat: bool) -> None:
        """Journal once that all positions are closed and no order can be filled, according to the venue's reports."""
        if flat and not self._flat:
            self._note("flat", at, Reading(self.halts))
        self._flat = flat

    def _note(self, action: Literal["halted", "resumed", "flat"], at: datetime, found: Reading) -> None:
        event = HaltEvent(
            action=action, look=self._looks, as_of_utc=at, halts=found.halts, lifted=found.lifted
        )  # fmt: skip
        self._sink.append(event)
