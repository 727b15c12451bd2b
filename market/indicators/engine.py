"""What the closed bars of one symbol say, on its own timeframe and on the horizons above it.

Each indicator is a TA-Lib stream: equal to the batch function bit for bit, at a fixed cost a bar, so that a session
pays the same for its last bar as for its first. Nothing is told about a bar that is still forming, and what is too
young to be known is None, never a number that will still settle.

Seeds are TA-Lib's: Wilder's averages (RSI, ATR, ADX) and EMAs begin with a simple mean, and inside MACD the fast EMA
begins where the slow one does, so `macd` is not `ema_12 - ema_26` while both are young.
"""

from market.bar import Bar
from market.indicators.horizon import Horizon
from market.resample import Resampler
from market.signals import TechnicalSignals
from market.timeframe import HORIZONS, Timeframe


class SignalEngine:
    """Signals of one symbol on `base` and on every horizon of the court that is not finer than it."""

    def __init__(self, symbol: str, base: Timeframe) -> None:
        self._symbol = symbol
        self._base = base
        coarser = [horizon for horizon in HORIZONS if horizon.seconds > base.seconds]
        self._horizons = {timeframe: Horizon(symbol, timeframe) for timeframe in (base, *coarser)}
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

    def signals(self, timeframe: Timeframe) -> TechnicalSignals | None:
        """What the closed bars of `timeframe` say; None before its first. Built once a bar.

        Raises KeyError for a timeframe that is not kept: finer than `base`, or no horizon.
        """
        return self._horizons[timeframe].signals()

    def view(self) -> dict[Timeframe, TechnicalSignals]:
        """The signals of all timeframes that have a closed bar, finest first."""
        told = {timeframe: horizon.signals() for timeframe, horizon in self._horizons.items()}
        return {timeframe: signals for timeframe, signals in told.items() if signals is not None}
