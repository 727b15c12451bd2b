"""RSI oversold bounce with a regime filter."""

from typing import ClassVar

from agents.strategies.regime import RANGE, regime_of
from agents.strategies.reversal import RsiBounce
from agents.strategies.voter import NOTHING, Ballot
from config.silence import Abstained
from market.signals import Depth, TechnicalSignals
from risk.proposal import Direction


class RangeBounce(RsiBounce):
    """As `rsi_bounce`, and long only in the regime of a range: what is oversold in a trend or a crash goes on falling.

    Never short: its votes for short ask no regime, so they are exits.
    """

    reads: ClassVar[Depth] = "full"
    sides: ClassVar[str] = "long"

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        said = super().vote(now)
        if isinstance(said, Abstained) or said.direction is not Direction.LONG:
            return said
        return said if regime_of(now) == RANGE else NOTHING
