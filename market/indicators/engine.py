"""Computes the indicators of one symbol on its own timeframe and on the coarser horizons.

Each indicator of TA-Lib is a stream. It equals the batch function bit for bit and has a fixed cost a bar, so the last bar of a
session costs as much as the first. A bar that is still forming is never used. An indicator with too little history is None,
never a number that has not settled yet.

The first values are those of TA-Lib: Wilder's averages (RSI, ATR, ADX) and EMAs begin with a simple mean. Inside MACD the fast
EMA begins at the same bar as the slow one, so in the first bars `macd` is not `ema_12 - ema_26`.
"""

from market.bar import Bar
from market.indicators.horizon import Horizon
from market.resample import Resampler
from market.signals import Depth, TechnicalSignals
from market.timeframe import HORIZONS, Timeframe


class SignalEngine:
    """Signals of one symbol on the timeframe `base` and on every horizon of the court that is not finer than `base`."""

    def __init__(
        self,
        symbol: str,
        base: Timeframe,
        case: Depth = "full",
        voters: Depth = "full",
        year_bars: float | None = None,
    ) -> None:
        """`case`: the depth of `view`; `voters`: that of `signals`, which is read at each bar and is never more than a case.
        `year_bars`: bars of `base` in a year, by which volatilities are annualised; None for those in 365 days."""
        self._symbol = symbol
        self._base = base
        self._voters = voters
        coarser = [horizon for horizon in HORIZONS if horizon.seconds > base.seconds]
        self._horizons = {base: Horizon(symbol, base, case, year_bars)}
        self._horizons.update((timeframe, Horizon(symbol, timeframe, case)) for timeframe in coarser)
        self._resamplers = {timeframe: Resampler(base, timeframe) for timeframe in coarser}

    def push(self, bar: Bar) -> None:
        """Take the next closed bar of `base`.

        Raises ValueError when it is of another symbol or timeframe, or not newer than the last one.
        """
        if bar.symbol != self._symbol or bar.timeframe is not self._base:
            raise ValueError(f"expected {self._symbol} {self._base}, got {bar.symbol} {bar.timeframe}")
        self._horizons[self._base].push(bar)
        for timeframe, resampler in self._resamplers.items():
            for closed in resampler.push(bar):
                self._horizons[timeframe].push(closed)

    def remember(self, day: Bar) -> None:
        """Take a day that closed before the first bar: it counts for the signals of days and of weeks, and for no finer ones.

        Raises ValueError when it is not newer than the last one.
        """
        if Timeframe.D1 in self._horizons:
            self._horizons[Timeframe.D1].push(day)
        if Timeframe.W1 in self._resamplers:
            for closed in self._resamplers[Timeframe.W1].take(day):
                self._horizons[Timeframe.W1].push(closed)

    def signals(self, timeframe: Timeframe) -> TechnicalSignals | None:
        """What voters read of the closed bars of `timeframe`; None before its first bar. It is built once a bar.

        Raises KeyError for a timeframe that is finer than `base` or no horizon.
        """
        horizon = self._horizons[timeframe]
        return horizon.core() if self._voters == "core" else horizon.signals()

    def view(self) -> dict[Timeframe, TechnicalSignals]:
        """What a case holds: the signals of all timeframes that have a closed bar, finest first."""
        told = {timeframe: horizon.signals() for timeframe, horizon in self._horizons.items()}
        return {timeframe: signals for timeframe, signals in told.items() if signals is not None}
