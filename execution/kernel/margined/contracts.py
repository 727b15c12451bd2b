"""Mark prices and funding of the markets of a grid, as the compiled loop reads them.

Only what is known of a session is here: in the warm-up nothing is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from execution.exact import exact_decimal
from execution.kernel import records as w
from execution.kernel.records import Floats, Ints, Records
from execution.simulated.funding import RATE_STEP
from market.bar import Slice


@dataclass(frozen=True, eq=False)
class Contracts:
    """What the n bars of k perpetual markets have beside their trades.

    `marks`, shape (4, n, k): open, high, low and close of the mark price, or of the traded one where no mark is known [quote].
    `rates`, shape (n, k): the funding rate that was due last [fraction of the notional], NaN before the first. `dues`, shape
    (n_dues,): records of DUE, of which those from `starts[t]` to before `starts[t + 1]` are due at the open of bar t; `starts`,
    shape (n + 1,).
    """

    marks: Floats
    rates: Floats
    starts: Ints
    dues: Records

    @property
    def columns(self) -> tuple[Floats, Floats, Ints, Records]:
        """Marks [quote], rates [fraction], starts and dues, each of the shape (n, ...) that it has here, in the compiled loop's
        order."""
        return self.marks, self.rates, self.starts, self.dues


class ContractsReader:
    """Reads the slices of a session, one after the other."""

    def __init__(self, symbols: Sequence[str], n: int) -> None:
        """`n`: bars of the grid, warm-up included."""
        self._column = {symbol: s for s, symbol in enumerate(symbols)}
        self._marks, self._rates = np.zeros((4, n, len(symbols))), np.full((n, len(symbols)), np.nan)
        self._starts: NDArray[np.int64] = np.zeros(n + 1, dtype=np.int64)
        self._dues: list[tuple[float, float, float, int]] = []
        self._closes = [0.0] * len(symbols)

    def read(self, t: int, shown: Slice) -> None:
        """Read the slice of bar `t`."""
        if t:
            self._rates[t] = self._rates[t - 1]
        for symbol, s in self._column.items():
            mark = shown.marks.get(symbol) or shown.bars.get(symbol) or shown.doubtful.get(symbol)
            if mark is not None:
                self._marks[:, t, s] = mark.open, mark.high, mark.low, mark.close
        for due in shown.funding:
            if (column := self._column.get(due.symbol)) is None:
                continue
            self._rates[t, column] = due.rate
            paid_at = shown.marks.get(due.symbol) or shown.bars.get(due.symbol)
            high, low = two_parts(Fraction(exact_decimal(due.rate).quantize(RATE_STEP)))
            self._dues.append((self._closes[column] if paid_at is None else paid_at.open, high, low, column))
        for symbol, bar in shown.bars.items():
            self._closes[self._column[symbol]] = bar.close
        self._starts[t + 1] = len(self._dues)

    def contracts(self) -> Contracts:
        """What was read."""
        return Contracts(self._marks, self._rates, self._starts, np.array(self._dues, dtype=w.DUE))


def joined_contracts(parts: Sequence[Contracts]) -> Contracts:
    """The contracts of several grids, one after the other."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *(len(part.dues) for part in parts)])
    starts = [part.starts[:-1] + begin for part, begin in zip(parts, before, strict=False)]
    return Contracts(
        np.concatenate([part.marks for part in parts], axis=1),
        np.concatenate([part.rates for part in parts]),
        np.concatenate([*starts, before[-1:]]),
        np.concatenate([part.dues for part in parts]),
    )


def two_parts(value: Fraction) -> tuple[float, float]:
    """The two floats whose sum is nearest to a fraction."""
    high = float(value)
    return high, float(value - Fraction(high))
