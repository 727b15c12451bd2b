"""When a recorded value was known, for files that do not say it: the delay of its publication, never shorter than the real one.

A day or a month is over before its value is published, so its date alone proves nothing of when it was known. Holidays are not
counted: after one, a value of FRED may be a working day later than stated here.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from market.candles import Millis

DAY_MS = 86_400_000
_MINUTE_MS = 60_000


class Published(StrEnum):
    """How long after its own moment a value is known."""

    AT_ONCE = "at its own moment"
    EXCHANGE = "5 minutes after its moment"
    DAY_END = "at the end of its day, UTC"
    FRED_DAY = "at the end of the next weekday, UTC"
    FRED_MONTH = "at the end of the third weekday of the next month, UTC"
    CHAIN_DAY = "24 hours after the end of its day, UTC"
    STATED = "when the file says that it was first seen"
    VINTAGE = "at the end of the day of its vintage, UTC"


class Moments(NamedTuple):
    """Of which moment each value is and from when it was known, both of shape (n,), int64 [ms since 1970 UTC]."""

    at_ms: Millis
    known_ms: Millis


def of_days(days_ms: Millis, published: Published) -> Moments:
    """The moments of values of whole days (of months, for FRED_MONTH), by the midnight at which each begins.

    `days_ms`: shape (n,), int64 [ms since 1970 UTC].
    """
    ends = days_ms + DAY_MS
    days = (days_ms // DAY_MS).astype("datetime64[D]")
    match published:
        case Published.FRED_DAY:
            return Moments(ends, _ms(np.busday_offset(days, 1, roll="backward")) + DAY_MS)
        case Published.FRED_MONTH:
            following = (days.astype("datetime64[M]") + 1).astype("datetime64[D]")
            return Moments(_ms(following), _ms(np.busday_offset(following, 2, roll="forward")) + DAY_MS)
        case Published.CHAIN_DAY:
            return Moments(ends, ends + DAY_MS)
        case _:
            return Moments(ends, ends)


def of_moments(at_ms: Millis, published: Published) -> Moments:
    """The moments of values that have a time of day. `at_ms`: shape (n,), int64 [ms since 1970 UTC]."""
    late = 5 * _MINUTE_MS if published is Published.EXCHANGE else 0
    if published is Published.CHAIN_DAY:
        late = DAY_MS
    return Moments(at_ms, at_ms + late)


def _ms(days: "np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]") -> Millis:
    return days.astype("datetime64[ms]").astype(np.int64)
