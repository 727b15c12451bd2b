"""One candle of a page, as an exchange sends it: read, or refused. Nothing is repaired."""

from typing import Any

import numpy as np

from market.candles import grid_phase
from market.timeframe import Timeframe

Row = tuple[int, float, float, float, float, float]
"""Open time [ms since 1970 UTC], open, high, low, close [quote], volume [base]."""


def row_of(each: Any) -> Row | None:
    """One candle; None if it is none. A volume that is not told is 0."""
    try:
        open_ms, *values = each[:6]
        row = int(open_ms), *(float(value or 0.0) for value in values)
    except (TypeError, ValueError, OverflowError):
        return None
    return row if len(row) == 6 and all(price > 0 for price in row[1:5]) else None  # type: ignore[return-value]


def on_grid(open_ms: int, timeframe: Timeframe) -> bool:
    """Whether a candle of this timeframe can open at this time [ms since 1970 UTC]."""
    return not int(grid_phase(np.array([open_ms], dtype=np.int64), timeframe)[0])
