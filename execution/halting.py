"""The kill switch as a session sees it: an input like any other, journaled when it is seen and given back in a replay.

At every look the switch is asked what stands. A change is journaled with the number of the look, before anything is done about
it. While it is down no entry leaves and those under way are withdrawn; with `flatten`, what is held is sold at market, again
and again until the venue's fills say that nothing is left. It never touches a stop that is not replaced by a sale.
"""

from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from config.frozen import Frozen, UtcTime
from execution.dealer import Dealer, Sink


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


class HaltEvent(Frozen):
    """What a session saw of the kill switch: `halted` and `resumed` are inputs, `flat` is what came of them.

    `look` counts the session's looks at the switch; `flat` says that by the venue's word nothing is held any more, and that no
    order can still be filled.
    """

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


class Watch:
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

    async def heed(self, dealer: Dealer, at: datetime) -> tuple[Sale, ...]:
        """Look, and act on what is seen. Returns what is being sold from now on."""
        if self.look(at) is None:
            return ()
        for symbol in tuple(dealer.entries):
            await dealer.abandon_entry(symbol, at)
        if not any(halt.flatten for halt in self.halts):
            return ()
        sold = [sale for sale in self._sales(dealer, at) if await dealer.leave(sale.symbol, sale.decision_id, at)]
        flat = not dealer.ledger.positions() and dealer.orders.quiet
        if flat and not self._flat:
            self._note("flat", at, Reading(self.halts))
        self._flat = flat
        return tuple(sold)

    def _sales(self, dealer: Dealer, at: datetime) -> list[Sale]:
        stamp = f"{at:%Y%m%dT%H%M}"
        return [
            Sale(held.symbol, f"{stamp}-{held.symbol.replace('/', '')}-halt{self._looks}", f"kill switch: {self.why}")
            for held in dealer.ledger.positions()
        ]

    def _note(self, action: Literal["halted", "resumed", "flat"], at: datetime, found: Reading) -> None:
        event = HaltEvent(
            action=action, look=self._looks, as_of_utc=at, halts=found.halts, lifted=found.lifted
        )  # fmt: skip
        self._sink.append("halt", event.canonical())
