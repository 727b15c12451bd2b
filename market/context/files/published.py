"""When a recorded value was known, for files that do not say it: the delay of its publication, never shorter than the real one.

A day or a month is over before its value is published, so its date alone proves nothing of when it was known. Working days are
those of the United States: no federal holidays.
"""

from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from market.candles import Millis

DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_Days: TypeAlias = NDArray[np.datetime64]


class Published(StrEnum):
    """How long after its own moment a value is known."""

    AT_ONCE = "at its own moment"
    EXCHANGE = "5 minutes after its moment"
    DAY_END = "at the end of its day, UTC"
    FRED_DAY = "at the end of the next working day, UTC"
    FRED_MONTH = "at the end of the third working day of the next month, UTC"
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
            return Moments(ends, _working_day(days, 1, "backward") + DAY_MS)
        case Published.FRED_MONTH:
            following = (days.astype("datetime64[M]") + 1).astype("datetime64[D]")
            return Moments(_ms(following), _working_day(following, 2, "forward") + DAY_MS)
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


def _working_day(days: _Days, count: int, roll: Literal["backward", "forward"]) -> Millis:
    """The working day that is `count` after each day, shape (n,), int64 [ms since 1970 UTC]."""
    import pandas as pd  # heavy to import, and sessions without such files do not need it
    from pandas.tseries.holiday import USFederalHolidayCalendar

    if not len(days):
        return _ms(days)
    begin, end = (pd.Timestamp(day.astype("datetime64[s]")) for day in (days.min(), days.max() + 60))
    holidays = USFederalHolidayCalendar().holidays(begin, end).to_numpy("datetime64[D]")
    return _ms(np.busday_offset(days, count, roll=roll, holidays=holidays))


def _ms(days: _Days) -> Millis:
    return days.astype("datetime64[ms]").astype(np.int64)
