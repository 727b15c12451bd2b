"""Macro-trend alignment: a purchase only where days and weeks rise together."""

from typing import ClassVar

from pydantic import Field

from agents.strategies.facts import Facts
from agents.strategies.regime import STORMY, regime_of
from agents.strategies.voter import NOTHING, Ballot, short_of
from config.frozen import Frozen
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction


class MacroTrend(Frozen):
    """Long when the MACD turns up while EMA 12 is above EMA 26 on days and on weeks, outside turbulence and crash.

    Short on the day on which EMA 12 falls below EMA 26. Long only: it asks no weeks for that, so it is an exit.
    """

    past_days: ClassVar[int] = 27 * 7

    confidence: float = Field(default=0.6, gt=0, le=1, description="of each of its votes [0..1]")

    def vote(self, now: TechnicalSignals, facts: Facts) -> Ballot | Abstained:
        day, week = facts.signals.get(Timeframe.D1), facts.signals.get(Timeframe.W1)
        if day is None or day.ema_12 is None or day.ema_26 is None:
            return short_of("EMA 26 of days")
        if week is None or week.ema_12 is None or week.ema_26 is None:
            return short_of("EMA 26 of weeks")
        if day.ema_cross_down:
            return Ballot(Direction.SHORT, self.confidence, ("EMA 12 of days fell below EMA 26",))
        if now.macd_cross_up and day.ema_12 > day.ema_26 and week.ema_12 > week.ema_26 and regime_of(now) not in STORMY:
            return Ballot(Direction.LONG, self.confidence, ("the MACD turned up while days and weeks rise",))
        return NOTHING
