"""The volume of each market in the last 24 hours [quote], for the liquidity rule.

The cycle pushes the bars of each close; after a restart it pushes the same bars again. The quote volume of a bar is its base
volume times its close. A refused bar counts as zero volume, so the limit on size may be too small but never too large.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence


class VolumeWindow:
    """Quote volumes of the bars of one day. Raises ValueError without symbols, or for bars that are longer than a day."""

    def __init__(self, symbols: Sequence[str], bars_per_day: float) -> None:
        if not symbols or not 1.0 <= bars_per_day < math.inf:
            raise ValueError(f"a window needs symbols and bars, got {list(symbols)} and {bars_per_day} bars a day")
        bars = day_bars(bars_per_day)
        self._rows = {symbol: deque([0.0] * bars, maxlen=bars) for symbol in symbols}

    def push(self, bars: Mapping[str, tuple[float, float]]) -> None:
        """Add the closes [quote] and volumes [base] of one bar, by symbol. An absent symbol has zero volume.

        Raises ValueError for a volume that is negative or not finite; the window then stays as it was.
        """
        latest = {symbol: close * volume for symbol, (close, volume) in bars.items()}
        if not all(0.0 <= value < math.inf for value in latest.values()):
            raise ValueError(f"volumes must be finite and not negative, got {dict(bars)}")
        for symbol, row in self._rows.items():
            row.append(latest.get(symbol, 0.0))

    def day(self, symbol: str) -> float | None:
        """Volume of the last 24 hours [quote]; None when it is zero, because then nothing is known.

        The sum is built one by one, oldest first, so that the same bars give the same bits in every version of Python.
        """
        total = 0.0
        for value in self._rows[symbol]:
            total += value
        return total if total > 0.0 else None


def day_bars(bars_per_day: float) -> int:
    """The number of bars that cover a day."""
    return math.ceil(bars_per_day)
