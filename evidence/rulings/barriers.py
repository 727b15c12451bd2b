"""The outcomes of many cases of one run at once, on columns of its bars: those of `agents.memory.outcomes`, much faster.

The purchase is at the open of the next bar and ends at the stop, at the first target, or at the close after the horizon. Within a
bar the stop counts as touched first. A short sale is the mirror. A case whose bars end first has no outcome.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PATIENCE = 2
"""Number of horizons after which a case is dropped if its symbol has too few bars, as in `agents.memory.outcomes`."""


class Prices(Protocol):
    """The bars of one symbol by bar of the run, each shape (n_bars,), float64 [quote]; NaN without a bar."""

    @property
    def open(self) -> Floats:
        """Opens [quote], shape (n_bars,), float64."""
        ...

    @property
    def high(self) -> Floats:
        """Highs [quote], shape (n_bars,), float64."""
        ...

    @property
    def low(self) -> Floats:
        """Lows [quote], shape (n_bars,), float64."""
        ...

    @property
    def close(self) -> Floats:
        """Closes [quote], shape (n_bars,), float64."""
        ...


class Purchase(Protocol):
    """A purchase, or a `short` sale, after the close of bar `row`. `stop`, `target` and `fee` (of one side) as fractions."""

    @property
    def row(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def stop(self) -> float: ...
    @property
    def target(self) -> float: ...
    @property
    def fee(self) -> float: ...
    @property
    def short(self) -> bool: ...


class Result(NamedTuple):
    """What became of a purchase. `won`: the target came first; `return_bps` is net of the fees of both sides [bps]; it ended in
    bar `row`."""

    won: bool
    return_bps: float
    row: int


def results(purchases: Sequence[Purchase], bars: Mapping[str, Prices], horizon_bars: int) -> list[Result | None]:
    """The result of each purchase; None where its bars ended first."""
    present = {symbol: _Present(prices) for symbol, prices in bars.items()}
    return [present[each.symbol].result(each, horizon_bars) for each in purchases]


class _Present:
    """The rows of one symbol that have a bar."""

    def __init__(self, prices: Prices) -> None:
        self._rows = np.flatnonzero(~np.isnan(prices.close))
        self._open, self._high, self._low, self._close = (
            column[self._rows] for column in (prices.open, prices.high, prices.low, prices.close)
        )

    def result(self, bought: Purchase, horizon_bars: int) -> Result | None:
        first = int(np.searchsorted(self._rows, bought.row, side="right"))
        end = int(np.searchsorted(self._rows, bought.row + _PATIENCE * horizon_bars, side="right"))
        last = min(first + horizon_bars, end)
        if first >= last:
            return None
        entry = float(self._open[first])
        sign = -1 if bought.short else 1
        stop, target = entry * (1 - sign * bought.stop), entry * (1 + sign * bought.target)
        if bought.short:
            stopped = self._high[first:last] >= stop
            ended = stopped | (self._low[first:last] <= target)
        else:
            stopped = self._low[first:last] <= stop
            ended = stopped | (self._high[first:last] >= target)
        at = int(ended.argmax())
        if ended[at]:
            won = not stopped[at]
            last = first + at + 1
            opened = float(self._open[first + at])
            price = target if won else max(stop, opened) if bought.short else min(stop, opened)
        elif last - first == horizon_bars:
            won, price = False, float(self._close[last - 1])
        else:
            return None
        if bought.short:
            net = (1 - bought.fee) - price / entry * (1 + bought.fee)
        else:
            net = price * (1 - bought.fee) / (entry * (1 + bought.fee)) - 1
        return Result(won, net * 1e4, int(self._rows[last - 1]))
