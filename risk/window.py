"""The aligned returns of the last bars of every symbol, for VaR, correlation and turbulence.

The cycle pushes the closes of each bar; after a restart it pushes the same closes again from the journal. The module reads no
clock and no other room. Results are element-wise sums in a fixed order, so the same closes give the same bits at any position
of the ring buffer.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np

from risk.measures.basic import Floats, correlation

DECAY = 0.94
"""Weight of the variance so far against that of the newest return."""

MIN_RETURNS = 20
"""Returns of a symbol below which the size of its next one is not told in standard deviations."""

QUARANTINE_BARS = 24
"""A symbol without a bar for so long is left out of the tail measures and of correlation: its returns are made of zeros. What
is held of it still counts as deployed, at its last mark."""


class ReturnWindow:
    """Simple returns of the last `size` bars, float64, oldest first, one column a symbol.

    A symbol that is absent from a bar has return 0.0 there, and the return at its next close holds the whole move. `stale`
    and `observed` show how reliable its column is. The first close of a symbol has no return. Raises ValueError without
    symbols, for a repeated symbol, or for a size below 2.
    """

    def __init__(self, symbols: Sequence[str], size: int) -> None:
        if not symbols or len(set(symbols)) != len(symbols) or size < 2:
            raise ValueError(f"a window needs distinct symbols and at least two bars, got {list(symbols)} and {size}")
        self.symbols = tuple(symbols)
        self.size = size
        self._column = {symbol: i for i, symbol in enumerate(self.symbols)}
        self._rows = 0
        width = len(self.symbols)
        # Each row is written twice, `size` apart, so that the last rows are always contiguous.
        self._returns = np.zeros((2 * size, width), dtype=np.float64)
        self._seen: deque[list[bool]] = deque()
        self._observed = [0] * width
        self._close: list[float | None] = [None] * width
        self._stale = [0] * width
        self._moves = [0] * width
        self._variance = [0.0] * width
        self._sigma: list[float | None] = [None] * width
        self._fell = [False] * width

    @property
    def count(self) -> int:
        """Number of bars in the window, at most `size`."""
        return min(self._rows, self.size)

    def push(self, closes: Mapping[str, float]) -> None:
        """Add the closes of one bar [quote]. Symbols that are not in the window are ignored.

        The first bar adds no row, because it has no return. Raises ValueError for a close that is not finite and positive;
        the window then stays as it was.
        """
        first_bar = self._rows == 0 and all(close is None for close in self._close)
        latest = [self._checked(symbol, closes.get(symbol)) for symbol in self.symbols]
        row = [self._step(i, close) for i, close in enumerate(latest)]
        if first_bar:
            return
        written = [0.0 if value is None else value for value in row]
        at = self._rows % self.size
        # No view is kept: a copy of the window would write into its own, and read the old returns.
        self._returns[at] = self._returns[at + self.size] = written
        self._rows += 1
        self._count([value is not None for value in row])

    def _count(self, seen: list[bool]) -> None:
        """Add one row to those in which a symbol was observed, and take off the one that leaves the window."""
        gone = self._seen.popleft() if len(self._seen) == self.size else [False] * len(seen)
        self._seen.append(seen)
        if gone != seen:
            self._observed = [n - was + now for n, was, now in zip(self._observed, gone, seen, strict=True)]

    def last_close(self, symbol: str) -> float | None:
        """The last close of this symbol [quote]; None before the first one."""
        return self._close[self._index(symbol)]

    def stale(self, symbol: str) -> int:
        """The number of last bars in a row without a close of this symbol."""
        return self._stale[self._index(symbol)]

    def observed(self, symbol: str) -> int:
        """The number of rows with an observed return of this symbol, not a 0.0 that fills a gap."""
        return self._observed[self._index(symbol)]

    def matrix(self, symbols: Sequence[str]) -> Floats:
        """Returns of these symbols in this order: a copy, shape (n, k), float64 [simple return], n = count, oldest first.

        Raises ValueError for an unknown symbol.
        """
        return self._returns[self._span()][:, [self._index(symbol) for symbol in symbols]]

    def portfolio_returns(self, weights: Mapping[str, float]) -> Floats:
        """Returns of a portfolio with fixed weights, shape (n,), float64 [fraction of equity], oldest first.

        `weights` are signed fractions of equity. The sum runs in the window's order of symbols. Raises ValueError for an
        unknown symbol or a non-finite weight.
        """
        columns = {self._index(symbol): weight for symbol, weight in weights.items()}
        if not all(map(math.isfinite, columns.values())):
            raise ValueError(f"weights must be finite, got {dict(weights)}")
        rows = self._returns[self._span()]
        total = np.zeros(len(rows), dtype=np.float64)
        for i in sorted(columns):
            total += rows[:, i] * columns[i]
        return total

    def correlation(self, first: str, second: str) -> float | None:
        """Pearson correlation of two symbols over the window; None when it is not known (see `basic.correlation`)."""
        rows = self._returns[self._span()]
        if len(rows) < 2:
            return None
        return correlation(rows[:, self._index(first)], rows[:, self._index(second)])

    def last_sigma(self, symbol: str) -> float | None:
        """Absolute return of the last bar, in standard deviations of the returns before it.

        The standard deviation is exponentially weighted with decay 0.94 around mean zero (RiskMetrics 1996, 5.2), over all
        returns since the first close. 0.0 when the last bar had no close; None before 20 returns, or when the price has
        never moved.
        """
        return self._sigma[self._index(symbol)]

    def last_move(self, symbol: str) -> float | None:
        """The return of the last bar in the same standard deviations, with its sign; 0.0 when the last bar had no close."""
        i = self._index(symbol)
        sigma = self._sigma[i]
        return sigma if sigma is None or not self._fell[i] else -sigma

    def _step(self, i: int, close: float | None) -> float | None:
        before = self._close[i]
        if close is None:
            self._stale[i] += 1
            self._sigma[i] = None if self._sigma[i] is None else 0.0
            return None
        self._stale[i] = 0
        self._close[i] = close
        if before is None:
            return None
        value = close / before - 1.0
        self._sigma[i] = self._judged(i, value)
        self._fell[i] = value < 0.0
        weight = 1.0 if self._moves[i] == 0 else 1.0 - DECAY
        self._variance[i] += weight * (value * value - self._variance[i])
        self._moves[i] += 1
        return value

    def _judged(self, i: int, value: float) -> float | None:
        if self._moves[i] < MIN_RETURNS or self._variance[i] <= 0.0:
            return None
        return abs(value) / math.sqrt(self._variance[i])

    def _span(self) -> slice:
        if self._rows <= self.size:
            return slice(0, self._rows)
        start = self._rows % self.size
        return slice(start, start + self.size)

    def _index(self, symbol: str) -> int:
        try:
            return self._column[symbol]
        except KeyError:
            raise ValueError(f"{symbol} is not in this window, which has {', '.join(self.symbols)}") from None

    @staticmethod
    def _checked(symbol: str, close: float | None) -> float | None:
        if close is not None and not 0.0 < close < math.inf:
            raise ValueError(f"the close of {symbol} must be finite and above 0, got {close}")
        return close
