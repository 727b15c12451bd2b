"""Bollinger squeeze with a regime filter."""

from typing import ClassVar

from agents.strategies.breakout import SqueezeBreakout
from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot
from config.silence import Abstained
from market.indicators.window import Bars
from market.signals import Depth, TechnicalSignals
from risk.proposal import Direction


class CalmSqueeze(SqueezeBreakout):
    """As `squeeze_breakout`, and long only outside turbulence and crash.

    Never short: its votes for short ask no squeeze and no regime, so they are exits.
    """

    reads: ClassVar[Depth] = "full"

    def vote(self, now: TechnicalSignals, bars: Bars) -> Ballot | Abstained:
        said = super().vote(now, bars)
        if isinstance(said, Abstained) or said.direction is not Direction.LONG:
            return said
        return NOTHING if regime_of(now) in STORMY else said
