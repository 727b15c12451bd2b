"""The protocol of a voter: it reads the signals of one symbol and votes long, short or nothing, with its reasons.

Voters are independent of each other, of the account and of the court. They know only closed bars.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction

Signals = Mapping[Timeframe, TechnicalSignals]


class Ballot(NamedTuple):
    """A direction, a confidence in [0, 1], and the reasons.

    A voter that holds a share for long says more. `exposure`: the share in [0, 1] of a full position that it wants now; None for
    a voter of single events. `exit_price`: its own exit [quote], below which it wants to be out. `horizon_bars`: how long it
    means to hold [bars]. One that may be short says SHORT with the share that it wants to be short, and an exit above the price;
    with an exposure of 0 it wants to be out.
    """

    direction: Direction
    confidence: float
    reasons: tuple[str, ...]
    exposure: float | None = None
    exit_price: float | None = None
    horizon_bars: int | None = None


NOTHING = Ballot(Direction.NONE, 0.0, ())


class Strategy(Protocol):
    """A voter with its parameters.

    A class that reads no signal of depth `full` may say so: `reads: ClassVar[Depth] = "core"`. Where all voters say it, the
    others are computed for the court's cases only, and a bar costs less.

    A class whose vote for short may open a short position as well says so: `sides: ClassVar[str] = "both"`. The profile decides
    who of these is one (`strategies[].sides`); one that has to know implements `take_both_sides(self)`.
    """

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        """Vote on the signals of the base timeframe; abstain when the history is too short."""
        ...


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """Return `value` limited to [low, high]."""
    return min(max(value, low), high)


def short_of(*names: str) -> Abstained:
    """Return the abstention for missing history."""
    return Abstained(why=f"too little history for {', '.join(names)}")
