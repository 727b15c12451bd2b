"""Funding-rate extreme: against a crowd that pays to stay."""

from typing import ClassVar

from pydantic import Field

from agents.strategies.facts import Facts
from agents.strategies.informed.reading import figure
from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot, clamp
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction


class FundingExtreme(Frozen):
    """Long when shorts pay at least `low` an interval, below the mean of seven days, outside turbulence and crash.

    Short when longs pay at least `high` an interval, above that mean. It can be short: it is then on the side that is paid, as it
    is when it is long.
    """

    sides: ClassVar[str] = "both"

    low: float = Field(default=0.0001, gt=0, le=0.1, description="rate that shorts pay [fraction an interval]")
    high: float = Field(default=0.0008, gt=0, le=0.1, description="rate that longs pay [fraction an interval]")

    def vote(self, now: TechnicalSignals, facts: Facts) -> Ballot | Abstained:
        rate, mean = figure(facts, "funding_rate"), figure(facts, "funding_rate_mean_7d")
        if isinstance(rate, Abstained):
            return rate
        if isinstance(mean, Abstained):
            return mean
        if rate >= self.high and rate > mean:
            confidence = clamp(0.3 + 0.1 * rate / self.high)
            return Ballot(Direction.SHORT, confidence, (f"longs pay {rate:.3%} an interval: the rise is crowded",))
        if -rate >= self.low and rate < mean and regime_of(now) not in STORMY:
            confidence = clamp(0.3 + 0.1 * -rate / self.low)
            return Ballot(Direction.LONG, confidence, (f"shorts pay {-rate:.3%} an interval: the fall is crowded",))
        return NOTHING
