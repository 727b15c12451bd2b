"""The times of a file of figures: whole days, or moments with a zone. Times without one are refused, unless the user names it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from config.errors import DataFault
from market.candles import Millis
from market.context.files.published import DAY_MS
from market.files.reading import Reading
from market.files.text.dates import Column, is_day, moments_of
from market.files.text.names import TIMES, UTC_TIMES

_NAMES = (
    "at_utc", "observation_date", "funding_time", "fundingtime", "fundingratetimestamp", "calc_time", "create_time",
    "time_as_published", "open_time", "close_time", *TIMES,
)  # fmt: skip
TIME_NAMES = frozenset(_NAMES)
"""Columns of times by their plain names."""
_SEEN = ("known_utc", "first_seen", "first_seen_utc", "fetched_at")
_VINTAGE = ("realtime_start", "vintage_date", "vintage")
_MOST_LOST = 0.05
_OLD = r"(?:1[0-8]\d\d|19[0-7]\d)-\d\d-\d\d"
"""Days before 1980. They are left out: no market of the session is so old."""


class Stamps(NamedTuple):
    """The time of each row that has one. `rows`, shape (n,): their places in the table. `at_ms`, shape (n,), int64 [ms since 1970
    UTC]; midnight where `whole_days`. `closes`: the column is by its name the end of what a row describes."""

    rows: Millis
    at_ms: Millis
    whole_days: bool
    closes: bool


def stamps_of(frame: pd.DataFrame, names: Mapping[str, str], path: Path, reading: Reading) -> Stamps | None:
    """The times of a table; None if it has no column of times. Raises DataFault for times that cannot be read or have no zone."""
    name = next((each for each in _NAMES if each in names), None)
    if name is None:
        return None
    known, days = _read(frame[names[name]], names[name], path, reading)
    return Stamps(*known, days, name == "close_time")


def _read(cells: "pd.Series[str]", name: str, path: Path, reading: Reading) -> tuple[tuple[Millis, Millis], bool]:
    days = cells.dtype.kind not in "iufM" and not isinstance(cells.dtype, pd.DatetimeTZDtype)
    days = days and is_day(cells.fillna("").astype("str"))
    moments = moments_of(
        cells.fillna("") if cells.dtype.kind not in "iufM" else cells,
        Column(path.name, name, reading.dates, reading.tz),
    )
    known = np.flatnonzero(np.isfinite(moments.ms))
    old = cells.astype("str").str.match(_OLD).to_numpy(bool) if days else np.zeros(len(cells), dtype=bool)
    lost = int(np.count_nonzero(~np.isfinite(moments.ms) & ~old))
    if lost > _MOST_LOST * len(cells) + 1 or not len(known):
        raise DataFault(
            f"{lost} of the {len(cells)} rows of {path.name} have no time that can be read (column {name}): "
            "it was not read; write times as 2024-01-31T13:00Z, dates as 2024-01-31."
        )
    at_ms = moments.ms[known].astype(np.int64)
    days = days or _daily(at_ms)
    if moments.zone_assumed and not days and reading.tz is None and name.lower() not in (*UTC_TIMES, "at_utc"):
        raise DataFault(
            f"The times of {path.name} (column {name}) have no time zone, and publishers of such figures use different ones: it "
            "was not read; write UTC times as 2024-01-01T08:00:00Z, or name the zone with --tz."
        )
    return (known, at_ms), days


def _daily(at_ms: Millis) -> bool:
    """Whether moments are midnights, mostly one or more days apart."""
    known = np.unique(at_ms)
    return len(known) > 1 and bool((known % DAY_MS == 0).all()) and bool(np.median(np.diff(known)) >= DAY_MS)


def seen_of(frame: pd.DataFrame, names: Mapping[str, str], path: Path, reading: Reading) -> Millis | None:
    """When each row was first seen, shape (n,), int64 [ms since 1970 UTC]; None if the file does not say it. Raises DataFault."""
    name = next((each for each in _SEEN if each in names), None)
    return None if name is None else _all(frame, names[name], path, reading, late_ms=0)


def vintages_of(frame: pd.DataFrame, names: Mapping[str, str], path: Path, reading: Reading) -> Millis | None:
    """When the day of each row's vintage was over, shape (n,), int64 [ms since 1970 UTC]; None without. Raises DataFault."""
    name = next((each for each in _VINTAGE if each in names), None)
    return None if name is None else _all(frame, names[name], path, reading, late_ms=DAY_MS)


def _all(frame: pd.DataFrame, name: str, path: Path, reading: Reading, late_ms: int) -> Millis:
    (rows, ms), days = _read(frame[name], name, path, reading)
    if len(rows) < len(frame):
        raise DataFault(
            f"{len(frame) - len(rows)} of the {len(frame)} rows of {path.name} do not say when they were known (column {name}): "
            "it was not read."
        )
    return ms + (late_ms or (DAY_MS if days else 0))
