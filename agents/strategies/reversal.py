"""Mean-reversion voters: the RSI bounce."""

from typing import ClassVar

from pydantic import Field

from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import Depth, TechnicalSignals
from risk.proposal import Direction


class RsiBounce(Frozen):
    """Long when the RSI rises above `low` from below; short when it falls below `high` from above.

    It can be short: one is the mirror of the other.
    """

    reads: ClassVar[Depth] = "core"
    sides: ClassVar[str] = "both"

    low: float = Field(default=30.0, gt=0, le=50, description="RSI under which it is oversold")
    high: float = Field(default=70.0, ge=50, lt=100, description="RSI over which it is overbought")

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
