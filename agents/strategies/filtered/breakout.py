"""Momentum breakout with a regime filter."""

from typing import ClassVar

from agents.strategies.regime import TREND, regime_of
from agents.strategies.trend import MomentumBreakout
from agents.strategies.voter import NOTHING, Ballot
from config.silence import Abstained
from market.signals import Depth, TechnicalSignals
from risk.proposal import Direction


class TrendBreakout(MomentumBreakout):
    """As `momentum_breakout`, and long only in the regime of a trend.

    Never short: its votes for short ask no regime, so they are exits.
    """

    reads: ClassVar[Depth] = "full"

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        said = super().vote(now)
        if isinstance(said, Abstained) or said.direction is not Direction.LONG:
            return said
        return said if regime_of(now) == TREND else NOTHING
