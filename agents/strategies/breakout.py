"""Breakout voters that read a window of bars: out of a squeeze (Bollinger 2001), and Donchian's channel with the trend.

They are in no packaged profile: `--strategy squeeze_breakout donchian_trend` asks for them.
"""

from typing import ClassVar

import numpy as np
from pydantic import Field

from agents.strategies.voter import NOTHING, Ballot, clamp, short_of
from config.frozen import Frozen
from config.silence import Abstained
from market.indicators.window import Bars
from market.signals import Depth, TechnicalSignals
from risk.proposal import Direction

_BAND = 20
_QUIET_WITHIN = 5
"""A squeeze may have ended this many bars before the breakout."""


class SqueezeBreakout(Frozen):
    """Long when the close leaves the upper Bollinger band after a squeeze; short when it falls below the middle band.

    Squeeze: the width of the bands, as a share of the middle, was within the lowest `quiet_share` of `quiet_bars` bars in one of
    the five bars before (Bollinger 2001, Bollinger on Bollinger Bands, ch. 15). Long only: below the middle band it asks no
    squeeze, so that is an exit.
    """

    history: ClassVar[int] = 200
    reads: ClassVar[Depth] = "core"

    quiet_bars: float = Field(default=120.0, ge=40, le=170, description="bars with which the width is compared [bars]")
    quiet_share: float = Field(default=0.2, gt=0, le=1, description="share of the narrowest widths that is a squeeze")
    volume_min: float = Field(default=1.0, ge=0, le=100, description="least volume [multiples of the usual]")

    def vote(self, now: TechnicalSignals, bars: Bars) -> Ballot | Abstained:
        if now.bb_upper is None or now.bb_middle is None or now.volume_ratio_20 is None:
            return short_of("the Bollinger bands", "the usual volume")
        if now.close > now.bb_upper and now.volume_ratio_20 >= self.volume_min:
            quiet = self._quietness(bars)
            if quiet <= self.quiet_share:
                confidence = clamp(
                    0.45 + 0.3 * (1.0 - quiet / self.quiet_share) + 0.05 * (now.volume_ratio_20 - 1.0), 0.3
                )
                why = f"close above the upper band; the bands were narrower in {quiet:.0%} of {self.quiet_bars:g} bars"
                return Ballot(Direction.LONG, confidence, (why,))
        if now.close < now.bb_middle and bars.close[-2] >= bars.close[-_BAND - 1 : -1].mean():
            return Ballot(Direction.SHORT, 0.5, ("close fell below the middle band",))
        return NOTHING

    def _quietness(self, bars: Bars) -> float:
        """Share of the `quiet_bars` bars before this one with narrower bands than the narrowest of the last five of them."""
        upper, middle, lower = bars.bollinger(_BAND)
        widths = ((upper - lower) / middle)[-int(self.quiet_bars) - 1 : -1]
        return float(np.mean(widths < widths[-_QUIET_WITHIN:].min()))


class DonchianTrend(Frozen):
    """Long when the close leaves the highest high of `entry_bars` bars, in a rise over `trend_bars` bars and in calm.

    Short when it falls below the lowest low of `exit_bars` bars. Calm: the true range of 14 bars is at most `calm_max` times that
    of the whole window. Donchian's channel as the Turtles traded it (55 and 20 bars); the rise is time-series momentum
    (Moskowitz, Ooi and Pedersen 2012), and cutting it in storms is after Moreira and Muir (2017). Long only: the channel of its
    exit is shorter than that of its entry.
    """

    history: ClassVar[int] = 200
    reads: ClassVar[Depth] = "core"

    entry_bars: float = Field(default=55.0, ge=2, le=190, description="bars whose highest high is left [bars]")
    exit_bars: float = Field(default=20.0, ge=2, le=190, description="bars whose lowest low is left [bars]")
    trend_bars: float = Field(default=168.0, ge=2, le=190, description="bars over which it must have risen [bars]")
    calm_max: float = Field(default=1.5, gt=0, le=100, description="largest range [multiples of the usual]")

    def vote(self, now: TechnicalSignals, bars: Bars) -> Ballot | Abstained:
        if now.atr_14_quote is None:
            return short_of("the true range")
        high, low, close = bars.high, bars.low, bars.close
        if now.close > high[-int(self.entry_bars) - 1 : -1].max():
            rise = now.close / float(close[-int(self.trend_bars) - 1]) - 1.0
            usual = float((high - low).mean())
            storm = now.atr_14_quote / usual if usual > 0 else np.inf
            if rise > 0 and storm <= self.calm_max:
                confidence = clamp(0.45 + 2.0 * rise + 0.1 * (1.0 - storm), 0.3)
                why = f"close above the high of {self.entry_bars:g} bars, up {rise:.1%} over {self.trend_bars:g} bars"
                return Ballot(Direction.LONG, confidence, (why,))
        exit_bars = int(self.exit_bars)
        if now.close < low[-exit_bars - 1 : -1].min() and close[-2] >= low[-exit_bars - 2 : -2].min():
            return Ballot(Direction.SHORT, 0.6, (f"close below the low of {exit_bars} bars",))
        return NOTHING
