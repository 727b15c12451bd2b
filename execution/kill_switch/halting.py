"""The kill switch as a session sees it: an input like any other, journaled when it is seen and given back in a replay.

At every look the switch is asked what stands. A change is journaled with the number of the look, before anything is done about
it. The trader withdraws entries and sells (`execution/account/trader.py`); here is only what was seen, and what it is called.
"""

from datetime import datetime
from typing import ClassVar, Literal, NamedTuple, Protocol

from config.frozen import Frozen, Journaled, UtcTime
from execution.journal.event import Sink


class Halt(Frozen):
    """A latch that is down: for `all` profiles or one. `given_utc` None: it cannot be read, which counts as down."""

    scope: str
    who: str
    given_utc: UtcTime | None
    why: str
    flatten: bool


class Lifted(Frozen):
    """A latch that was lifted."""

    scope: str
    who: str
    given_utc: UtcTime | None
    why: str


class HaltEvent(Journaled):
    """What a session saw of the kill switch: `halted` and `resumed` are inputs, `flat` is what came of them.

    `look` counts the session's looks at the switch; `flat` says that by the venue's word nothing is held any more, and that no
    order can still be filled.
    """

    event_kind: ClassVar[str] = "halt"

    action: Literal["halted", "resumed", "flat"]
    look: int
    as_of_utc: UtcTime
    halts: tuple[Halt, ...] = ()
    lifted: tuple[Lifted, ...] = ()


class Reading(NamedTuple):
    """What a switch says at one look: what stands, and what was lifted since."""

    halts: tuple[Halt, ...] = ()
    lifted: tuple[Lifted, ...] = ()


class Switch(Protocol):
    """Where the kill switch is read from."""

    def read(self, look: int) -> Reading:
        """What stands at this look; looks are counted from 1. Never raises for what it finds."""
        ...


class NoSwitch:
    """Nobody can halt this account."""

    def read(self, look: int) -> Reading:
        return Reading()


class Sale(NamedTuple):
    """A position that the kill switch sells."""

    symbol: str
    decision_id: str
    why: str


class HaltWatch:
    """One session's eye on the switch."""

    def __init__(self, switch: Switch, sink: Sink) -> None:
        self._switch = switch
        self._sink = sink
        self._looks = 0
        self._flat = False
        self.halts: tuple[Halt, ...] = ()

    @property
    def why(self) -> str | None:
        """Why no new risk is taken; None while the switch is up."""
        if not self.halts:
            return None
        return "; ".join(f"{halt.who} halted {halt.scope}: {halt.why}" for halt in self.halts)

    def look(self, at: datetime) -> str | None:
        """Ask the switch, journal a change, and say why no new risk is taken, if so."""
        self._looks += 1
        found = self._switch.read(self._looks)
        if found.halts != self.halts or found.lifted:
            self.halts, self._flat = found.halts, False
            self._note("halted" if found.halts else "resumed", at, found)
        return self.why

    @property
    def flattens(self) -> bool:
        """Whether what is held is to be sold."""
        return any(halt.flatten for halt in self.halts)

    def sale(self, symbol: str, at: datetime) -> Sale:
        """What a sale of this look is called, and why it is made."""
        name = f"{at:%Y%m%dT%H%M}-{symbol.replace('/', '')}-halt{self._looks}"
        return Sale(symbol, name, f"kill switch: {self.why}")

    def told_flat(self, at: datetime, *, flat: bool) -> None:
        """By the venue's word nothing is held any more and no order can be filled: journaled once."""
        if flat and not self._flat:
            self._note("flat", at, Reading(self.halts))
        self._flat = flat

    def _note(self, action: Literal["halted", "resumed", "flat"], at: datetime, found: Reading) -> None:
        event = HaltEvent(
            action=action, look=self._looks, as_of_utc=at, halts=found.halts, lifted=found.lifted
        )  # fmt: skip
        self._sink.append(event)
