"""Funding-rate extreme: against a crowd that pays to stay; and what of funding arbitrage one session can hold.

Funding arbitrage is two legs of one size: the perpetual on the side that is paid, and the opposite on spot. A session trades one
kind of market (decision 49), so the second leg cannot be held, and `hedged` is refused in words (decision 57). `carry` holds the
first leg alone: it is paid while the crowd pays, and carries the whole risk of the price. The gate states both before each entry:
`funding` by what is received in units of the distance of the stop, and the caps by what is lost at that stop and in the worst
known day.
"""

from typing import ClassVar

from pydantic import Field, PrivateAttr, field_validator

from agents.strategies.facts import Facts
from agents.strategies.informed.reading import figure
from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot, clamp
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction

_LONG, _SHORT = 1, -1


class FundingExtreme(Frozen):
    """Long when shorts pay at least `low` an interval, below the mean of seven days, outside turbulence and crash.

    Short when longs pay at least `high` an interval, above that mean. It can be short: it is then on the side that is paid, as it
    is when it is long.

    With `carry` it holds that side by shares, on perpetuals alone (`sides: both`): from a rate beyond its threshold, where the
    mean of seven days pays the same side, until one of them does not. Without a hedge.
    """

    sides: ClassVar[str] = "both"

    low: float = Field(default=0.0001, gt=0, le=0.1, description="rate that shorts pay [fraction an interval]")
    high: float = Field(default=0.0008, gt=0, le=0.1, description="rate that longs pay [fraction an interval]")
    carry: int = Field(
        default=0, ge=0, le=1, description="1: it holds the side that is paid, for as long as it is paid"
    )
    hedged: int = Field(
        default=0, ge=0, le=1, description="1, with a hedge on spot, is refused: a session trades one kind"
    )

    _both: bool = PrivateAttr(default=False)
    _held: int = PrivateAttr(default=0)
    """The side that it wanted last."""

    @field_validator("hedged")
    @classmethod
    def _has_one_leg(cls, hedged: int) -> int:
        if hedged:
            raise ValueError(
                "a hedge on spot is a second leg, and a session trades spot or perpetuals, not both: two orders that belong "
                "together could not be judged, filled and closed as one. Leave it out: carry=1 holds the side that is paid, and "
                "the risk of its price"
            )
        return hedged

    def take_both_sides(self) -> None:
        """Be short as well: the market is a perpetual, which pays."""
        self._both = True

    def vote(self, now: TechnicalSignals, facts: Facts) -> Ballot | Abstained:
        rate, mean = figure(facts, "funding_rate"), figure(facts, "funding_rate_mean_7d")
        if isinstance(rate, Abstained):
            return rate
        if isinstance(mean, Abstained):
            return mean
        if self.carry:
            return self._carried(now, rate, mean)
        if rate >= self.high and rate > mean:
            confidence = clamp(0.3 + 0.1 * rate / self.high)
            return Ballot(Direction.SHORT, confidence, (f"longs pay {rate:.3%} an interval: the rise is crowded",))
        if -rate >= self.low and rate < mean and regime_of(now) not in STORMY:
            confidence = clamp(0.3 + 0.1 * -rate / self.low)
            return Ballot(Direction.LONG, confidence, (f"shorts pay {-rate:.3%} an interval: the fall is crowded",))
        return NOTHING

    def _carried(self, now: TechnicalSignals, rate: float, mean: float) -> Ballot | Abstained:
        """The side that is paid, held while rate and mean pay it."""
        if not self._both:
            return Abstained(why="only a perpetual pays funding to the side that it holds: it needs sides: both")
        held, self._held = self._held, self._wanted(now, rate, mean)
        if self._held:
            payers, side = ("shorts", Direction.LONG) if self._held == _LONG else ("longs", Direction.SHORT)
            why = f"{payers} pay {abs(rate):.3%} an interval, and {abs(mean):.3%} on the mean of seven days: held without a hedge"
            return Ballot(side, clamp(0.3 + 0.1 * abs(rate) / self._threshold(self._held)), (why,), exposure=1.0)
        if held:
            return Ballot(Direction.SHORT, 1.0, ("the side that it held is not paid any more",), exposure=0.0)
        return NOTHING

    def _wanted(self, now: TechnicalSignals, rate: float, mean: float) -> int:
        paid = _LONG if rate < 0.0 and mean < 0.0 else _SHORT if rate > 0.0 and mean > 0.0 else 0
        if not paid or paid == self._held:
            return paid
        begins = abs(rate) >= self._threshold(paid) and (paid == _SHORT or regime_of(now) not in STORMY)
        return paid if begins else 0

    def _threshold(self, side: int) -> float:
        return self.low if side == _LONG else self.high
