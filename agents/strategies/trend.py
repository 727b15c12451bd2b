"""Trend voters: EMA cross with an RSI filter, golden cross 50/200, momentum breakout."""

from typing import ClassVar

from pydantic import Field

from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import Depth, TechnicalSignals
from risk.proposal import Direction


class EmaCross(Frozen):
    """EMA 12 crosses EMA 26. If the RSI is above `rsi_max`, a cross up is too late and gives no vote.

    Long only: a cross down asks no RSI, so it is an exit and no entry.
    """

    reads: ClassVar[Depth] = "core"

    rsi_max: float = Field(default=70.0, gt=0, le=100, description="RSI from which a cross up is too late")
    adx_full: float = Field(default=40.0, ge=1, le=100, description="ADX of a full trend, which adds 0.4 of confidence")

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        if now.ema_26 is None or now.rsi_14 is None or now.adx_14 is None:
            return short_of("EMA 26", "RSI", "ADX")
        if now.ema_cross_up and now.rsi_14 < self.rsi_max:
            confidence = clamp(
                0.35 + 0.4 * now.adx_14 / self.adx_full + 0.2 * (self.rsi_max - now.rsi_14) / self.rsi_max
            )
            return Ballot(Direction.LONG, confidence, (f"EMA 12 crossed above EMA 26 with RSI {now.rsi_14:.1f}",))
        if now.ema_cross_down:
            confidence = clamp(0.4 + 0.4 * now.adx_14 / self.adx_full)
            return Ballot(Direction.SHORT, confidence, ("EMA 12 crossed below EMA 26",))
        return NOTHING


class GoldenCross(Frozen):
    """SMA 50 crosses SMA 200.

    It can be short: a cross down is the mirror of a cross up.
    """

    reads: ClassVar[Depth] = "core"
    sides: ClassVar[str] = "both"

    confidence: float = Field(default=0.6, gt=0, le=1, description="of each of its votes [0..1]")

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        if now.sma_200 is None:
            return short_of("SMA 200")
        if now.golden_cross:
            return Ballot(Direction.LONG, self.confidence, ("SMA 50 crossed above SMA 200",))
        if now.death_cross:
            return Ballot(Direction.SHORT, self.confidence, ("SMA 50 crossed below SMA 200",))
        return NOTHING


class MomentumBreakout(Frozen):
    """A close outside the range of the 20 bars before it, with high volume, in a trend.

    Long only: below the range it asks neither volume nor trend, so that is an exit and no entry.
    """

    reads: ClassVar[Depth] = "core"

    volume_min: float = Field(default=1.5, ge=0, le=100, description="least volume [multiples of the usual]")
    adx_min: float = Field(default=20.0, ge=0, le=100, description="least ADX")

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        if now.highest_20 is None or now.lowest_20 is None or now.adx_14 is None or now.volume_ratio_20 is None:
            return short_of("the 20-bar range", "ADX")
        if now.close > now.highest_20 and now.volume_ratio_20 >= self.volume_min and now.adx_14 >= self.adx_min:
            confidence = clamp(0.4 + 0.1 * (now.volume_ratio_20 - self.volume_min) + 0.01 * (now.adx_14 - self.adx_min))
            why = f"close above the high of 20 bars on {now.volume_ratio_20:.1f} times the usual volume"
            return Ballot(Direction.LONG, confidence, (why,))
        if now.close < now.lowest_20:
            return Ballot(Direction.SHORT, 0.5, ("close below the low of 20 bars",))
        return NOTHING
