"""EMA crossover with ADX."""

from pydantic import Field

from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction


class EmaAdx(Frozen):
    """Long when EMA 12 crosses above EMA 26 with an ADX of at least `adx_min`, outside turbulence and crash; short when it
    crosses below.

    Long only: a cross below asks no ADX, so it is an exit.
    """

    adx_min: float = Field(default=20.0, ge=0, le=100, description="least ADX")

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        if now.ema_26 is None or now.adx_14 is None:
            return short_of("EMA 26", "ADX")
        if now.ema_cross_up and now.adx_14 >= self.adx_min and regime_of(now) not in STORMY:
            confidence = clamp(0.4 + 0.01 * (now.adx_14 - self.adx_min), 0.3)
            return Ballot(Direction.LONG, confidence, (f"EMA 12 crossed above EMA 26 with an ADX of {now.adx_14:.0f}",))
        if now.ema_cross_down:
            return Ballot(Direction.SHORT, 0.5, ("EMA 12 crossed below EMA 26",))
        return NOTHING
