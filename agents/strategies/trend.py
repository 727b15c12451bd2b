"""Trend voters: EMA cross with an RSI filter, golden cross 50/200, momentum breakout."""

from dataclasses import dataclass

from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction


@dataclass(frozen=True, slots=True)
class EmaCross:
    """EMA 12 crosses EMA 26. A cross up while the RSI is above `rsi_max` comes too late and is no vote."""

    rsi_max: float = 70.0
    adx_full: float = 40.0

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


@dataclass(frozen=True, slots=True)
class GoldenCross:
    """SMA 50 crosses SMA 200."""

    confidence: float = 0.6

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        if now.sma_200 is None:
            return short_of("SMA 200")
        if now.golden_cross:
            return Ballot(Direction.LONG, self.confidence, ("SMA 50 crossed above SMA 200",))
        if now.death_cross:
            return Ballot(Direction.SHORT, self.confidence, ("SMA 50 crossed below SMA 200",))
        return NOTHING


@dataclass(frozen=True, slots=True)
class MomentumBreakout:
    """A close beyond the range of the 20 bars before it, on volume, in a trend."""

    volume_min: float = 1.5
    adx_min: float = 20.0

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
