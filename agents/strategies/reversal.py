"""Mean-reversion voters: the RSI bounce."""

from dataclasses import dataclass

from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction


@dataclass(frozen=True, slots=True)
class RsiBounce:
    """The RSI comes back over `low` from below (long), or falls back under `high` from above (short)."""

    low: float = 30.0
    high: float = 70.0

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        rsi, before = now.rsi_14, now.previous_rsi_14
        if rsi is None or before is None:
            return short_of("RSI")
        if before < self.low <= rsi:
            confidence = clamp(0.45 + 0.02 * (rsi - before))
            return Ballot(Direction.LONG, confidence, (f"RSI back above {self.low:g}, from {before:.1f} to {rsi:.1f}",))
        if before > self.high >= rsi:
            confidence = clamp(0.45 + 0.02 * (before - rsi))
            return Ballot(
                Direction.SHORT, confidence, (f"RSI back below {self.high:g}, from {before:.1f} to {rsi:.1f}",)
            )
        return NOTHING
