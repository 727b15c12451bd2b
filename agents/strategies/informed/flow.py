"""On-chain flow: coins that leave exchanges, or come to be sold."""

from pydantic import Field

from agents.strategies.facts import Facts
from agents.strategies.informed.reading import figure
from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction


class OnchainFlow(Frozen):
    """Long when more coins leave exchanges in 24 hours than `share` of the last day's volume, outside turbulence and crash.

    Short when as many come in. Long only: a fall that coins for sale announce may be a squeeze before it is one.
    """

    share: float = Field(default=0.05, gt=0, le=10, description="net flow that counts [fraction of the day's volume]")

    def vote(self, now: TechnicalSignals, facts: Facts) -> Ballot | Abstained:
        flow, day = figure(facts, "exchange_net_flow_24h"), facts.signals.get(Timeframe.D1)
        if isinstance(flow, Abstained):
            return flow
        if day is None or day.volume <= 0:
            return short_of("the volume of a day")
        part = flow / day.volume
        confidence = clamp(0.3 + 0.1 * abs(part) / self.share)
        if part >= self.share:
            return Ballot(Direction.SHORT, confidence, (f"coins worth {part:.0%} of a day's volume came to exchanges",))
        if -part >= self.share and regime_of(now) not in STORMY:
            return Ballot(Direction.LONG, confidence, (f"coins worth {-part:.0%} of a day's volume left exchanges",))
        return NOTHING
