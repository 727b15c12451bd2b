"""The path of prices that led to a case: the last closes and volumes of the base timeframe, and those of days.

It is kept beside the indicators, which hold no path, and only where models sit. A bar that is still forming is never in it.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from pydantic import Field

from config.frozen import Frozen, empty
from market.bar import Bar
from market.resample import Resampler
from market.timeframe import Timeframe

BARS = 24
"""Bars of the base timeframe that are shown."""
DAYS = 14
"""Days that are shown."""


class PricePath(Frozen):
    """Closes [quote] and volumes [base], oldest first; the last close is that of the case. Days are whole UTC days."""

    closes: tuple[float, ...] = Field(max_length=BARS, description="closes of the base timeframe [quote]")
    volumes: tuple[float, ...] = Field(max_length=BARS, description="their volumes [base]")
    daily_closes: tuple[float, ...] = Field(
        default=(), max_length=DAYS, exclude_if=empty, description="closes of whole days [quote]"
    )
    daily_volumes: tuple[float, ...] = Field(
        default=(), max_length=DAYS, exclude_if=empty, description="their volumes [base]"
    )


class _Kept:
    """The path of one market."""

    def __init__(self, base: Timeframe) -> None:
        self.bars: deque[tuple[float, float]] = deque(maxlen=BARS)
        self.days: deque[tuple[float, float]] = deque(maxlen=DAYS)
        self._days = Resampler(base, Timeframe.D1) if base.seconds < Timeframe.D1.seconds else None

    def push(self, bar: Bar) -> None:
        self.bars.append((bar.close, bar.volume))
        if self._days is not None:
            self.days.extend((day.close, day.volume) for day in self._days.push(bar))

    def remember(self, day: Bar) -> None:
        self.days.append((day.close, day.volume))


class Paths:
    """The paths of the session's markets. Bars are pushed in their order."""

    def __init__(self, symbols: Iterable[str], base: Timeframe) -> None:
        self._kept = {symbol: _Kept(base) for symbol in symbols}
        self._has_days = base.seconds < Timeframe.D1.seconds

    def remember(self, days: Mapping[str, Bar]) -> None:
        """Take days that closed before the first bar."""
        if self._has_days:
            for symbol, day in days.items():
                self._kept[symbol].remember(day)

    def push(self, bars: Mapping[str, Bar]) -> None:
        """Take the bars of one close."""
        for symbol, bar in bars.items():
            self._kept[symbol].push(bar)

    def of(self, symbol: str) -> PricePath:
        """The path of one market up to its last bar."""
        kept = self._kept[symbol]
        closes, volumes = _columns(kept.bars)
        daily_closes, daily_volumes = _columns(kept.days)
        return PricePath(closes=closes, volumes=volumes, daily_closes=daily_closes, daily_volumes=daily_volumes)


def _columns(pairs: Iterable[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    closes, volumes = zip(*pairs, strict=True) if (pairs := tuple(pairs)) else ((), ())
    return tuple(closes), tuple(volumes)
