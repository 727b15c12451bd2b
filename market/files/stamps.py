"""Whether the times of a file are the opens of its bars or their closes, and the opens that follow.

The last second of a bar (23:59:59.999) proves a close. A time on the grid proves nothing: it is taken as the open, which is what
nearly all publishers mean and never shows a price early: a close that is taken as an open is known one bar late.
"""

from typing import Literal, NamedTuple

import numpy as np

from market.candles import Floats, grid_phase
from market.timeframe import Timeframe

Stamps = Literal["open", "close"]
_LAST_MS = 1000
_PROVED = 0.95


class Opens(NamedTuple):
    """The open of each row, shape (n,), float64 [ms since 1970 UTC], NaN without one; and how the times were taken."""

    ms: Floats
    told: str


def length_of(ms: Floats) -> Timeframe | None:
    """The timeframe that is the median distance between neighbouring different times; None if none is.

    `ms`: shape (n,), float64 [ms since 1970 UTC].
    """
    known = np.unique(ms[np.isfinite(ms)])
    distance = float(np.median(np.diff(known))) / 1000 if len(known) > 1 else None
    return next((each for each in Timeframe if each.seconds == distance), None)


def opens_of(ms: Floats, given: Stamps | None, named: Stamps | None) -> Opens:
    """The opens of bars. `ms`, shape (n,), float64 [ms since 1970 UTC]: the times of the file.

    `named` is what the name of their column says, `given` what the user says where it says nothing.
    """
    timeframe = length_of(ms)
    if timeframe is None:
        return Opens(ms, "open assumed")
    length_ms = timeframe.seconds * 1000
    known = np.isfinite(ms)
    phase = np.full(len(ms), np.nan)
    phase[known] = grid_phase(ms[known].astype(np.int64), timeframe)
    last = phase >= length_ms - _LAST_MS
    if given != "open" and known.any() and last[known].mean() >= _PROVED:
        return Opens(ms - phase, "close (the last moment of a bar)")
    said = "the column's name" if named is not None else "--stamps"
    meant = named or given
    if meant is None:
        return Opens(ms, "open assumed")
    return Opens(ms - length_ms if meant == "close" else ms, f"{meant} ({said})")
