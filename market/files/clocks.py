"""Times without a zone that show by themselves that they are those of a local clock: they are refused until the zone is named.

What shows it: a column that is named so, and the hour at which clocks go back in Europe and North America, if the file has it
twice and no other hour twice.
"""

import numpy as np

from config.clock import from_ms
from config.errors import DataFault
from market.candles import Floats, Millis
from market.files.reading import Reading
from market.files.text.dates import Column, Moments
from market.files.text.names import UTC_TIMES, plain

_HOUR_MS = 3_600_000
_SUNDAY = 6


def refuse_local(moments: Moments, column: Column, reading: Reading) -> None:
    """Raise DataFault for times of another zone than UTC that do not say of which."""
    if not moments.zone_assumed or reading.tz is not None or plain(column.name) in UTC_TIMES:
        return
    if "local" in plain(column.name):
        raise DataFault(
            f"{column.file}, row 1, column {column.name}: the time is local and has no zone; a time with a zone was "
            "expected, such as "
            "2024-01-31 13:00 GMT+0100. The file was not read. Name the zone with --tz, such as --tz Europe/Berlin."
        )
    twice = _told_twice(moments.ms)
    if len(twice) and all(_clocks_go_back(int(hour)) for hour in twice):
        first = from_ms(int(twice[0]) * _HOUR_MS)
        raise DataFault(
            f"{column.file}, column {column.name}: the hour from {first:%Y-%m-%d %H:%M} stands twice, as on clocks that go back "
            "when summer time ends. So the times are local, and no zone is named. The file was not read. "
            "Name the zone with --tz, such as --tz America/New_York, or --tz UTC if they are not local."
        )


def _told_twice(ms: Floats) -> Millis:
    """The hours of which a stamp stands twice as often as stamps do in this file, shape (n_hours,), int64 [hours since 1970]."""
    stamps, counts = np.unique(ms[np.isfinite(ms)], return_counts=True)
    if not len(stamps):
        return np.empty(0, np.int64)
    return np.unique(stamps[counts >= 2 * np.median(counts)].astype(np.int64) // _HOUR_MS)


def _clocks_go_back(hour: int) -> bool:
    """Whether an hour, since 1970, is one that clocks repeat: that from 01:00 on the first Sunday of November, or one from
    01:00 to 03:59 on the last of October."""
    at = from_ms(hour * _HOUR_MS)
    if at.weekday() != _SUNDAY:
        return False
    in_america = at.month == 11 and at.day <= 7 and at.hour == 1
    in_europe = at.month == 10 and at.day >= 25 and 1 <= at.hour <= 3
    return in_america or in_europe
