"""What each market traded in the last 24 hours, in quote units: what the liquidity rule is measured on.

The cycle pushes the bars of each close, and after a restart the same bars again. A bar's quote volume is its base volume at its
close. Bars that were not believed count as nothing: a limit on size may be too small, and never too large.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence


class VolumeWindow:
    """Quote volumes of the bars of one day. Raises ValueError for no symbols, or bars that are longer than a day."""

    def __init__(self, symbols: Sequence[str], bars_per_day: float) -> None:
        if not symbols or not 1.0 <= bars_per_day < math.inf:
            raise ValueError(f"a window needs symbols and bars, got {list(symbols)} and {bars_per_day} bars a day")
        bars = day_bars(bars_per_day)
        self._rows = {symbol: deque([0.0] * bars, maxlen=bars) for symbol in symbols}

    def push(self, bars: Mapping[str, tuple[float, float]]) -> None:
        """Take one bar's closes [quote] and volumes [base] by symbol; a symbol that is absent has traded nothing.

        Raises ValueError for a volume that is negative or not finite; nothing is changed then.
        """
        latest = {symbol: close * volume for symbol, (close, volume) in bars.items()}
        if not all(0.0 <= value < math.inf for value in latest.values()):
            raise ValueError(f"volumes must be finite and not negative, got {dict(bars)}")
        for symbol, row in self._rows.items():
            row.append(latest.get(symbol, 0.0))

    def day(self, symbol: str) -> float | None:
        """Traded in the last 24 hours [quote units]; None where nothing was, so that nothing is known.

        Added up one by one, oldest first: the same bars give the same bits in every version of Python.
        """
        total = 0.0
        for value in self._rows[symbol]:
            total += value
        return total if total > 0.0 else None


def day_bars(bars_per_day: float) -> int:
    """Bars that cover a day."""
    return math.ceil(bars_per_day)
