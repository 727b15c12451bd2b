"""Short sales, and the purchases in their mirror, for the tests of the court."""

from typing import Any

from court_support import case, downtrend, signals

from agents.court.case import Case
from agents.strategies.vote import NetVote, Vote
from market.timeframe import Timeframe
from risk.proposal import Direction

FRAMES = (Timeframe.H1, Timeframe.H4, Timeframe.D1)


def proposal(*, short: bool, conviction: float = 0.7) -> NetVote:
    """Return a short sale that one voter wants, or the purchase."""
    direction = Direction.SHORT if short else Direction.LONG
    vote = Vote(
        voter="trend", symbol="BTC/USDT", direction=direction, confidence=conviction, weight=1.0,
        reasons=("BTC fell" if short else "BTC rose",), goes_short=short,
    )  # fmt: skip
    return NetVote(
        direction=direction, conviction=conviction, against=0.0, votes=(vote,), opens_short=True if short else None
    )


def sold(**changes: Any) -> Case:
    """Return a sound short sale in a downtrend."""
    falling = {length: downtrend(length) for length in FRAMES}
    return case(**({"proposal": proposal(short=True), "signals": falling} | changes))


def bought(**changes: Any) -> Case:
    """Return a purchase, as far as a short sale of `sold` in a rising market is its mirror."""
    rising = {length: signals(length) for length in FRAMES}
    return case(**({"proposal": proposal(short=False), "signals": rising} | changes))
