"""The trend ensemble: nine Donchian channels of days, their mean as the share that is wanted, scaled to a volatility target.

Zarattini, Pagani and Barbon (2025), "Catching Crypto Trends", SSRN 5209907. Lengths, stop and the 90 days of the volatility are
as published; nothing was fitted here. The paper targets 25 % a year with a leverage of at most 200 %. An account here is paid in
full, so the target is 50 % by default and the share is at most 1.
"""

from typing import ClassVar

from pydantic import Field, PrivateAttr

from agents.strategies.positions.channels import LENGTHS, VOLATILITY_DAYS, Channel, daily_volatility
from agents.strategies.voter import NOTHING, Ballot
from config.frozen import Frozen
from config.silence import Abstained
from market.indicators.window import Bars
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction


class TrendEnsemble(Frozen):
    """Holds the share of nine Donchian channels (5 to 360 days) that are in a trend, times a volatility target.

    A channel is bought on a close above the highest close of its days, and left on a close below a stop that follows its middle
    and never falls. Votes at daily closes only. Its exit is the lowest stop of the channels that hold: below it none is left.

    It can be short: each channel has its mirror, sold below the lowest close of its days. What it wants then is the difference.
    """

    sides: ClassVar[str] = "both"

    history: ClassVar[int] = max(LENGTHS) + 1
    timeframe: ClassVar[str] = "1d"
    past_days: ClassVar[int] = 2 * max(LENGTHS)
    """More than the window: a channel that was bought before history began is not known."""

    volatility_target: float = Field(
        default=0.5, gt=0, le=5, description="volatility a year of a full position [fraction]"
    )

    _channels: tuple[Channel, ...] = PrivateAttr(default_factory=lambda: tuple(Channel(days) for days in LENGTHS))
    _falls: tuple[Channel, ...] = PrivateAttr(default=())
    """The channels of falling closes, if it may be short; their stops are below zero."""
    _held: bool = PrivateAttr(default=False)

    def take_both_sides(self) -> None:
        """Be short as well."""
        self._falls = tuple(Channel(days) for days in LENGTHS)

    def see(self, bars: Bars) -> None:
        """Move the channels by one more day."""
        self._held = _balance(self._channels, self._falls) != 0
        self._channels = tuple(channel.after(bars.close) for channel in self._channels)
        self._falls = tuple(channel.after(-bars.close) for channel in self._falls)

    def vote(self, now: TechnicalSignals, bars: Bars) -> Ballot | Abstained:
        balance = _balance(self._channels, self._falls)
        holding = [each for each in (self._channels if balance > 0 else self._falls) if each.stop is not None]
        if balance == 0:
            return (
                Ballot(Direction.SHORT, 1.0, ("no channel is in a trend any more",), exposure=0.0)
                if self._held
                else NOTHING
            )
        volatility = daily_volatility(bars.close)
        if volatility is None:
            return Abstained(
                why=f"the closes of {VOLATILITY_DAYS} days did not move, so there is no volatility to size by"
            )
        share = abs(balance) / len(self._channels)
        exposure = share * min(1.0, self.volatility_target / volatility)
        why = f"{self._told(balance)}, at a volatility of {volatility:.0%}: a share of {exposure:.0%}"
        side = Direction.LONG if balance > 0 else Direction.SHORT
        return Ballot(
            side, share, (why,), exposure, abs(min(each.stop or 0.0 for each in holding)), _horizon(holding, now)
        )

    def _told(self, balance: int) -> str:
        of = len(self._channels)
        if not self._falls:
            return f"{balance} of {of} Donchian channels are in a trend"
        up, down = _holds(self._channels), _holds(self._falls)
        return f"{up} of {of} Donchian channels rise and {down} fall"


def _holds(channels: tuple[Channel, ...]) -> int:
    return sum(channel.stop is not None for channel in channels)


def _balance(channels: tuple[Channel, ...], falls: tuple[Channel, ...]) -> int:
    """How many more channels rise than fall."""
    return _holds(channels) - _holds(falls)


def _horizon(holding: list[Channel], now: TechnicalSignals) -> int:
    """The mean length of the channels that hold, in bars of the session."""
    lengths = [channel.days for channel in holding]
    return max(1, round(sum(lengths) / len(lengths) * Timeframe.D1.seconds / now.timeframe.seconds))
