"""The record of a voter: how the purchases that it voted for have ended, and what a next one may be worth.

Each vote for a purchase is followed to the barriers of the system, whether it was traded or not (see `agents.memory.voters`), one
at a time in each market, so that the cases do not overlap. An outcome is counted in units of the loss at the stop [R], after
fees. Nothing here knows an outcome before it is known. Both engines compute with these functions: they take and give floats, and
`execution.kernel` compiles them.
"""

import math
from typing import Self

from pydantic import Field

from config.frozen import Frozen

HORIZON_BARS = 72
"""Bars after which a purchase that has touched no barrier is closed, as in `agents.memory.outcomes`."""


class VotersRecord(Frozen):
    """Sums over closed cases: how many there are, how many of them ended at a profit, the profits, the losses (as positive
    numbers) and the squares of the outcomes [R, R, R^2]."""

    cases: int = Field(default=0, ge=0, description="closed cases [cases]")
    wins: int = Field(default=0, ge=0, description="those that ended at a profit [cases]")
    gain: float = Field(default=0.0, ge=0, description="their profits, added up [R: losses at the stop]")
    loss: float = Field(default=0.0, ge=0, description="the losses of the others, as a positive number [R]")
    squares: float = Field(default=0.0, ge=0, description="squares of all outcomes, added up [R^2]")

    def with_outcome(self, outcome: float) -> Self:
        """The record with one more outcome [R]."""
        return self.model_copy(
            update={
                "cases": self.cases + 1,
                "wins": self.wins + (outcome > 0.0),
                "gain": self.gain + max(outcome, 0.0),
                "loss": self.loss + max(-outcome, 0.0),
                "squares": self.squares + outcome * outcome,
            }
        )

    def __add__(self, other: "VotersRecord") -> "VotersRecord":
        """The record of two voters together."""
        return VotersRecord(
            cases=self.cases + other.cases,
            wins=self.wins + other.wins,
            gain=self.gain + other.gain,
            loss=self.loss + other.loss,
            squares=self.squares + other.squares,
        )


NO_RECORD = VotersRecord()


def outcome_of(
    entry: float,
    stop: float,
    target: float,
    fee: float,
    bar_open: float,
    high: float,
    low: float,
    close: float,
    last: bool,
) -> float:
    """The outcome of a purchase at this bar [R]; NaN while it is open.

    `entry` [quote]; `stop` and `target` [fractions of it]; `fee` of each side [fraction]; the bar's prices [quote]; `last`:
    whether it is closed at this bar's close at the latest. The stop counts as touched first; a bar that opens below it is sold at
    its open (Lopez de Prado 2018, ch. 3: the triple barrier).
    """
    floor, ceiling = entry * (1.0 - stop), entry * (1.0 + target)
    if low <= floor:
        price = min(floor, bar_open)
    elif high >= ceiling:
        price = ceiling
    elif last:
        price = close
    else:
        return math.nan
    return (price * (1.0 - fee) / (entry * (1.0 + fee)) - 1.0) / stop


def own_outcome_of(
    entry: float, stop: float, floor: float, fee: float, bar_open: float, low: float, leaving: bool
) -> float:
    """The outcome of a purchase at this bar whose voter brings its own exit [R]; NaN while it is open.

    `entry` and `floor`, the stop at the venue [quote]; `stop`: what R is, the distance at which the size was counted [fraction of
    the price]; `fee` of each side [fraction]; the bar's prices [quote]; `leaving`: the voter has said so before this bar, which
    sells at its open.
    """
    if leaving:
        price = bar_open
    elif low <= floor:
        price = min(floor, bar_open)
    else:
        return math.nan
    return (price * (1.0 - fee) / (entry * (1.0 + fee)) - 1.0) / stop


def kelly_of_record(
    conviction: float,
    stop: float,
    target: float,
    edge: float,
    prior: float,
    cases: float,
    wins: float,
    gain: float,
    loss: float,
    most_probable: float,
) -> float:
    """Kelly's notional in risk units, divided by the loss at the stop [fraction of equity]; negative without an edge.

    Kelly (1956): the part of wealth to have at risk is p - (1 - p) L / W, for a win of W and a loss of L [R]; the notional whose
    loss is that part is it divided by (stop x L). Win rate and payoffs are those of the record, and `prior` cases of an assumed
    voter are counted to it: one whose conviction c adds `edge` x c to the chance of a fair game, 1 / (1 + b), with the payoff
    b = target / stop (gambler's ruin; Feller 1968, XIV.2). `most_probable`, in [0, 1]: a calibrated chance; it can only lower it.
    """
    payoff = target / stop
    assumed = min(1.0, 1.0 / (1.0 + payoff) + edge * conviction)
    chance = min((prior * assumed + wins) / (prior + cases), most_probable)
    won = (prior * assumed * payoff + gain) / (prior * assumed + wins)
    losers = prior * (1.0 - assumed) + cases - wins
    lost = (prior * (1.0 - assumed) + loss) / losers if losers > 0.0 else 1.0
    if not lost > 0.0:
        lost = 1.0
    return (chance - (1.0 - chance) * lost / won) / (stop * lost)


def proof_of_record(prior: float, proven_at: float, cases: float, gain: float, loss: float, squares: float) -> float:
    """How far a record proves an edge, in [0, 1]: its mean outcome in standard errors, divided by `proven_at`.

    `prior` cases with mean 0 and variance 1 [R^2] are counted to it, so that a few lucky ones prove nothing.
    """
    count, total = prior + cases, gain - loss
    mean = total / count
    variance = (squares + prior) / count - mean * mean
    if not variance > 0.0:
        return 0.0
    return min(1.0, max(0.0, mean / math.sqrt(variance / count) / proven_at))
