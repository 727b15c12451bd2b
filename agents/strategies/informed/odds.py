"""Prediction-market divergence: odds that the price has not followed yet."""

from pydantic import Field

from agents.strategies.facts import Facts
from agents.strategies.informed.reading import figure
from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction


class OddsDivergence(Frozen):
    """Long when a prediction market gives a rise at least `sure` and the close is still below its mean of 20 bars, outside
    turbulence and crash.

    Short when it gives a rise at most 1 - `sure` and the close is still above. Long only: a purchase asks for calm, a sale does
    not, so it is an exit.
    """

    sure: float = Field(default=0.6, gt=0.5, lt=1, description="odds that count [0..1]")

    def vote(self, now: TechnicalSignals, facts: Facts) -> Ballot | Abstained:
        odds = figure(facts, "prediction_odds")
        if isinstance(odds, Abstained):
            return odds
        if now.sma_20 is None:
            return short_of("SMA 20")
        confidence = clamp(0.2 + abs(odds - 0.5), 0.1)
        if odds >= self.sure and now.close < now.sma_20 and regime_of(now) not in STORMY:
            return Ballot(
                Direction.LONG, confidence, (f"odds of {odds:.0%} for a rise, and the price has not followed",)
            )
        if odds <= 1.0 - self.sure and now.close > now.sma_20:
            return Ballot(
                Direction.SHORT, confidence, (f"odds of {odds:.0%} for a rise, and the price has not followed",)
            )
        return NOTHING
