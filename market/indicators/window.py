"""The last closed bars of one symbol as columns, and indicators on them with parameters of one's own.

A window is bounded: it holds the last `size` bars and nothing before them, so that what is read from it does not depend on where
the history began. It knows only bars that were pushed. A view that was given out never changes: bars are written behind it, into
memory that no earlier view covers.

Indicators are TA-Lib's batch functions on the window. Averages with a long memory (EMA, RSI, ATR, ADX) begin anew at its first
bar: give them a window of several periods. A number that the window is too short for is refused, never NaN.
"""

import numpy as np

from market.candles import Floats
from market.indicators.library import abstract, talib

LONGEST = 5_000
"""The largest window [bars]. More would be read at each bar, and slow down every run."""

_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME = range(5)


class Bars:
    """At most `size` closed bars, oldest first; the last one is the bar that has just closed. It cannot be written to."""

    __slots__ = ("_columns",)

    def __init__(self, columns: Floats) -> None:
        """`columns`: open, high, low, close [quote] and volume [base], shape (5, n_bars), float64, oldest first."""
        self._columns = columns
        columns.flags.writeable = False

    def __len__(self) -> int:
        return int(self._columns.shape[1])

    @property
    def open(self) -> Floats:
        """Opens [quote], shape (n_bars,), float64, oldest first."""
        return self._column(_OPEN)

    @property
    def high(self) -> Floats:
        """Highs [quote], shape (n_bars,), float64, oldest first."""
        return self._column(_HIGH)

    @property
    def low(self) -> Floats:
        """Lows [quote], shape (n_bars,), float64, oldest first."""
        return self._column(_LOW)

    @property
    def close(self) -> Floats:
        """Closes [quote], shape (n_bars,), float64, oldest first."""
        return self._column(_CLOSE)

    @property
    def volume(self) -> Floats:
        """Volumes [base], shape (n_bars,), float64, oldest first."""
        return self._column(_VOLUME)

    def _column(self, row: int) -> Floats:
        column: Floats = self._columns[row]
        return column

    def sma(self, period: float) -> Floats:
        """The simple mean of `period` closes [quote], shape (n_bars,), float64; NaN at the first bars. Raises ValueError."""
        return self._known("sma", talib.SMA(self.close, _whole("sma", period)))

    def ema(self, period: float) -> Floats:
        """The exponential mean of closes [quote], shape (n_bars,), float64; NaN at the first bars. Raises ValueError."""
        return self._known("ema", talib.EMA(self.close, _whole("ema", period)))

    def rsi(self, period: float) -> Floats:
        """Wilder's relative strength [dimensionless, 0 to 100], shape (n_bars,), float64; NaN at first. Raises ValueError."""
        return self._known("rsi", talib.RSI(self.close, _whole("rsi", period)))

    def atr(self, period: float) -> Floats:
        """Wilder's average true range [quote], shape (n_bars,), float64; NaN at the first bars. Raises ValueError."""
        return self._known("atr", talib.ATR(self.high, self.low, self.close, _whole("atr", period)))

    def adx(self, period: float) -> Floats:
        """Wilder's directional index [dimensionless, 0 to 100], shape (n_bars,), float64; NaN at first. Raises ValueError."""
        return self._known("adx", talib.ADX(self.high, self.low, self.close, _whole("adx", period)))

    def bollinger(self, period: float, deviations: float = 2.0) -> tuple[Floats, Floats, Floats]:
        """Upper, middle and lower band [quote], each of shape (n_bars,), float64; NaN at the first bars. Raises ValueError."""
        number = _whole("bollinger", period)
        upper, middle, lower = talib.BBANDS(self.close, number, float(deviations), float(deviations))
        return self._known("bollinger", upper), middle, lower

    def highest(self, period: float) -> Floats:
        """The highest high of `period` bars [quote], this one included, shape (n_bars,), float64. Raises ValueError."""
        return self._known("highest", talib.MAX(self.high, _whole("highest", period)))

    def lowest(self, period: float) -> Floats:
        """The lowest low of `period` bars [quote], this one included, shape (n_bars,), float64. Raises ValueError."""
        return self._known("lowest", talib.MIN(self.low, _whole("lowest", period)))

    def indicator(self, name: str, **parameters: float) -> Floats | tuple[Floats, ...]:
        """Any function of TA-Lib by its name, with its own parameters: `bars.indicator("CCI", timeperiod=20)`.

        Returns its output, shape (n_bars,) [unit of the function], float64, or a tuple of its outputs. Raises ValueError for a
        name or a parameter that TA-Lib does not have, and for a window that is too short.
        """
        inputs = dict(zip(("open", "high", "low", "close", "volume"), self._columns, strict=True))
        try:
            function = abstract.Function(name.upper())  # type: ignore[attr-defined]  # exported, not declared
            strange = sorted(parameters.keys() - function.parameters.keys())
            if strange:
                raise ValueError(
                    f"it has no {', '.join(strange)}, but {', '.join(function.parameters) or 'no parameters'}"
                )
            found = function(
                inputs, **{key: int(value) if value % 1 == 0 else value for key, value in parameters.items()}
            )
        except Exception as fault:  # noqa: BLE001  TA-Lib raises nothing narrower
            raise ValueError(f"TA-Lib cannot compute {name}({_said(parameters)}): {fault}") from None
        if isinstance(found, list | tuple):
            return tuple(self._known(name, np.asarray(each, dtype=np.float64)) for each in found)
        return self._known(name, np.asarray(found, dtype=np.float64))

    def _known(self, name: str, values: Floats) -> Floats:
        """The values, if the last one is known."""
        if np.isnan(values[-1]):
            raise ValueError(f"{name} has no value on a window of {len(self)} bars: a larger `history` gives it more")
        return values


class BarWindow:
    """The last `size` bars of one symbol. `push` costs the same at each bar."""

    def __init__(self, size: int) -> None:
        """Raises ValueError for a size that is not from 1 to `LONGEST` bars."""
        if not 1 <= size <= LONGEST:
            raise ValueError(f"a window holds 1 to {LONGEST:,} bars, not {size}")
        self._size = size
        self._table = np.empty((5, 2 * size))
        self._end = 0

    @property
    def full(self) -> bool:
        """Whether it holds as many bars as it can."""
        return self._end >= self._size

    def push(self, bar: tuple[float, float, float, float, float]) -> None:
        """Take the next closed bar: open, high, low, close [quote] and volume [base]."""
        if self._end == self._table.shape[1]:
            kept = self._table[:, self._end - self._size + 1 :]
            self._table = np.empty_like(self._table)
            self._table[:, : self._size - 1] = kept
            self._end = self._size - 1
        self._table[:, self._end] = bar
        self._end += 1

    def view(self) -> Bars:
        """The bars so far, at most `size`."""
        return Bars(self._table[:, max(0, self._end - self._size) : self._end])


def _whole(name: str, period: float) -> int:
    if period % 1 != 0 or period < 1:
        raise ValueError(f"{name}: a period is a whole number of bars, not {period:g}")
    return int(period)


def _said(parameters: dict[str, float]) -> str:
    return ", ".join(f"{key}={value:g}" for key, value in parameters.items())
