"""What a voter is: it reads the signals of one symbol and says long, short or nothing, each time with its reasons.

Voters are independent of each other, of the book and of the court. They know closed bars only.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction

Signals = Mapping[Timeframe, TechnicalSignals]


class Ballot(NamedTuple):
    """A direction, a confidence in [0, 1], and why."""

    direction: Direction
    confidence: float
    reasons: tuple[str, ...]


NOTHING = Ballot(Direction.NONE, 0.0, ())


class Strategy(Protocol):
    """A voter with its parameters set."""

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        """Vote on the base timeframe's signals; abstain where history is too short to say anything."""
        ...


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """`value` within [low, high]."""
    return min(max(value, low), high)


def short_of(*names: str) -> Abstained:
    """Silence for want of history."""
    return Abstained(why=f"too little history for {', '.join(names)}")
