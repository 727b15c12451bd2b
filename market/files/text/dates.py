"""Times as publishers write them: text in many forms, and numbers since 1970, as milliseconds UTC.

A number is seconds, milliseconds, microseconds or nanoseconds since 1970, recognised row by row because real files mix them, or a
date without separators (20240131). Text begins with the year, names the month, or has day, month and year as numbers.

Of 03/04/2024 nobody knows whether it is in March or in April. Dots put the day first. With other separators the file is refused
until `--dates` decides, also when a later row has a day above 12: spreadsheets turn round exactly the dates that can be turned
round, and leave the others. Only a publisher whose form is known, and a file without a date of two readings, is its own proof.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.errors import DataFault
from market.candles import Floats

Order = Literal["dmy", "mdy"]
_EARLIEST_MS = 315_532_800_000  # 1980-01-01; a smaller number is a date or a serial number of a spreadsheet
_LATEST_MS = 4_102_444_800_000  # 2100-01-01; a larger number is not a time

_CALENDAR = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?"
_CLOCK = r"(?:,?[ T]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?P<f>\.\d+)?)?\s*(?P<half>[AaPp])?(?:\.?[Mm]\.?)?)?"
_ZONE = r"\s*(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?"
_NUMERIC = rf"(?P<a>\d{{1,2}})(?P<sep>[./-])(?P<b>\d{{1,2}})[./-](?P<y>\d{{4}}|\d{{2}}){_CLOCK}{_ZONE}"
_YEAR_FIRST = rf"(?P<y>\d{{4}})[./-](?P<b>\d{{1,2}})[./-](?P<a>\d{{1,2}}){_CLOCK}{_ZONE}"
_MONTH_FIRST = rf"(?P<name>[A-Za-z]{{3,9}})\.? (?P<a>\d{{1,2}}),? (?P<y>\d{{4}}){_CLOCK}{_ZONE}"
_DAY_FIRST = rf"(?P<a>\d{{1,2}})[ -](?P<name>[A-Za-z]{{3,9}})\.?[ -](?P<y>\d{{4}}){_CLOCK}{_ZONE}"
_ZONED = r":\d{2}.*(?:Z|[+-]\d{2}(?::?\d{2})?)$|Z$"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_NUMBER_OF = {name: place % 12 + 1 for place, name in enumerate((*_MONTHS, *_FULL))} | {"sept": 9}


class Moments(NamedTuple):
    """The time of each row, shape (n,), float64 [ms since 1970 UTC], NaN without one; and whether the zone was assumed."""

    ms: Floats
    zone_assumed: bool


class Column(NamedTuple):
    """How a column of times is read: names for messages, and what the user or the publisher decided."""

    file: str
    name: str
    order: Order | None = None
    zone: str | None = None
    self_proving: bool = False
    """The publisher writes day and month as numbers, in the order of the reader: a day above 12 proves it."""


def epochs_ms(numbers: NDArray[np.float64]) -> Floats:
    """Numbers since 1970, shape (n,), float64 [s, ms, µs or ns], as [ms since 1970 UTC]; NaN for no moment from 1980 to 2099."""
    size = np.abs(numbers)
    per_ms = np.select([size < 1e11, size < 1e14, size < 1e17], [1e-3, 1.0, 1e3], 1e6)
    ms = np.round(numbers / per_ms)
    return np.where((ms >= _EARLIEST_MS) & (ms < _LATEST_MS), ms, np.nan)


def moments_of(cells: "pd.Series[Any]", column: Column) -> Moments:
    """The moments of a column, of whatever type. Raises DataFault for dates whose order of day and month nobody can know."""
    if isinstance(cells.dtype, pd.DatetimeTZDtype) or cells.dtype.kind == "M":
        aware = isinstance(cells.dtype, pd.DatetimeTZDtype)
        return Moments(_ms(cells if aware else _in_zone(cells, column.zone)), not aware)
    if cells.dtype.kind in "iuf":
        numbers = cells.to_numpy(np.float64, na_value=np.nan)
        whole = pd.Series(numbers).map("{:.0f}".format) if _may_be_calendar(numbers) else None
        return _text(whole, column) if whole is not None else Moments(epochs_ms(numbers), False)
    return _text(cells.astype("str").str.strip(), column)


def _may_be_calendar(numbers: NDArray[np.float64]) -> bool:
    """Whether numbers may be dates without separators: their size is that of no moment of our time since 1970."""
    return bool(len(numbers)) and bool(np.isnan(epochs_ms(numbers)).all()) and bool(np.isfinite(numbers).all())


def _text(cells: "pd.Series[str]", column: Column) -> Moments:
    filled = cells != ""
    if bool(cells[filled].str.fullmatch(_CALENDAR).all()) and filled.any():
        return Moments(_ms(_in_zone(_calendar(cells), column.zone)), True)
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    if np.isfinite(numbers).sum() > 0.5 * filled.sum():
        return Moments(epochs_ms(numbers), False)
    cells = _plain_zone(cells)
    zoned = cells.str.contains(_ZONED, regex=True)
    moments = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[ms, UTC]")
    for mask, aware in ((zoned, True), (~zoned & filled, False)):
        if mask.any():
            found = _parsed(cells[mask], column)
            known = found.dt.tz_localize("UTC") if aware else _in_zone(found, column.zone)
            moments[mask] = known.dt.as_unit("ms")
    return Moments(_ms(moments), bool((~zoned & filled).any()))


def _calendar(cells: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """The moments of dates without separators, with or without hours, minutes and seconds."""
    padded = cells.str.pad(14, side="right", fillchar="0")
    return pd.to_datetime(padded, format="%Y%m%d%H%M%S", errors="coerce")


def _plain_zone(cells: "pd.Series[str]") -> "pd.Series[str]":
    """`UTC` and `GMT` as Z, and `GMT+0100` as +01:00."""
    if not cells.str.contains("UTC|GMT", regex=True).any():
        return cells
    cells = cells.str.replace(r"\s*(?:UTC|GMT)([+-]\d{2}):?(\d{2})$", r" \1:\2", regex=True)
    return cells.str.replace(r"\s*(?:UTC|GMT)$", "Z", regex=True)


def _parsed(cells: "pd.Series[str]", column: Column) -> "pd.Series[pd.Timestamp]":
    """The moments of text without a zone; of text with one, in UTC but naive."""
    dated = cells.where(cells.str.match(r"\d"))  # pandas asks the clock about "today" and "now"
    found = pd.to_datetime(dated, utc=True, errors="coerce", format="ISO8601").dt.tz_localize(None).dt.as_unit("ms")
    for form in (_YEAR_FIRST, _NUMERIC, _MONTH_FIRST, _DAY_FIRST):
        open_ = found.isna()
        if not open_.any():
            return found
        parts = cells[open_].str.extract(rf"^{form}$")
        parts = parts[parts["y"].notna()]
        if len(parts):
            found[parts.index] = _built(parts, cells, column)
    if (open_ := found.isna()).any():
        found[open_] = pd.to_datetime(dated[open_], errors="coerce", format="%Y-%m-%d %I-%p").dt.as_unit("ms")
    return found


def _built(parts: pd.DataFrame, cells: "pd.Series[str]", column: Column) -> "pd.Series[pd.Timestamp]":
    """Moments from the parts of a date: year `y`, day `a`, month `b` or `name`, and a clock."""
    day = parts["a"].astype("int64")
    if "name" in parts:
        month = parts["name"].str.lower().map(_NUMBER_OF).fillna(0).astype("int64")
    else:
        month = parts["b"].astype("int64")
        if "sep" in parts and _order(parts, day, month, cells, column) == "mdy":
            day, month = month, day
    year = parts["y"].astype("int64")
    hour = parts["h"].fillna("0").astype("int64")
    half = parts["half"].str.lower()
    hour = hour.mask(half.notna(), hour % 12 + 12 * (half == "p"))
    clock = parts["min"].fillna("00") + ":" + parts["s"].fillna("00") + parts["f"].fillna(".0")
    text = (
        year.mask(year < 100, year + 2000).astype("str").str.zfill(4)
        + "-" + month.astype("str").str.zfill(2) + "-" + day.astype("str").str.zfill(2)
        + "T" + hour.astype("str").str.zfill(2) + ":" + clock + parts["zone"].fillna("")
    )  # fmt: skip
    moments = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    return moments.dt.tz_localize(None).dt.as_unit("ms")


def _order(
    parts: pd.DataFrame, first: "pd.Series[int]", second: "pd.Series[int]", cells: "pd.Series[str]", column: Column
) -> Order:
    """Which of the two numbers is the day. Raises DataFault, with the first row that two orders explain, when nothing decides."""
    day_first, month_first = first > 12, second > 12
    if column.order is not None:
        against = month_first if column.order == "dmy" else day_first
        if against.any():
            raise _contradicted(cells, against, column, column.order)
        return column.order
    if day_first.any() and month_first.any():
        raise _contradicted(cells, month_first, column, "dmy")
    proved: Order | None = "dmy" if day_first.any() else "mdy" if month_first.any() else None
    short = parts["y"].str.len() < 4
    twofold = ~day_first & ~month_first & (first != second)
    if (parts["sep"] == ".").all() and proved != "mdy" and not short.any() and _is_shorter(parts, first, second):
        return "dmy"
    if proved is not None and not short.any() and (column.self_proving or not twofold.any()):
        return proved
    raise _twofold(cells, twofold if twofold.any() else twofold | True, column, proved)


def _is_shorter(parts: pd.DataFrame, first: "pd.Series[int]", second: "pd.Series[int]") -> bool:
    """Whether the file spans no more time with the day first than with the month first: the other order tears gaps."""
    if (first > 12).any():
        return True
    year = parts["y"].astype("int64") * 372
    spans = [(days := year + 31 * month + day).max() - days.min() for day, month in ((first, second), (second, first))]
    return bool(spans[0] <= spans[1])


def _twofold(cells: "pd.Series[str]", which: "pd.Series[bool]", column: Column, proved: Order | None) -> DataFault:
    places = which.index.to_numpy(np.int64)
    begin, place = int(places[0]), int(places[which.to_numpy(bool).argmax()])
    first = "" if begin == place else f" The first date of two readings is {cells[place]!r} in row {place + 1}."
    fits = "" if proved is None else f" Other rows of the file fit {proved} only."
    return DataFault(
        f"{column.file}, row {begin + 1}, column {column.name}: in {cells[begin]!r} day and month can be taken for "
        "each other; a date of "
        f"one reading was expected, such as 2024-01-31.{first}{fits} The file was not read. Say the order with --dates dmy or "
        "--dates mdy."
    )


def _contradicted(cells: "pd.Series[str]", which: "pd.Series[bool]", column: Column, order: Order) -> DataFault:
    place = int(which.index.to_numpy(np.int64)[which.to_numpy(bool).argmax()])
    says = "as --dates says" if column.order is not None else "as other rows are"
    return DataFault(
        f"{column.file}, row {place + 1}, column {column.name}: {cells[place]!r} is no date in the order {order}, "
        f"{says}. The file was not "
        "read. Say the other order with --dates, or correct the rows that do not fit."
    )


def _in_zone(naive: "pd.Series[pd.Timestamp]", zone: str | None) -> "pd.Series[pd.Timestamp]":
    """Moments of a clock in `zone` (UTC without one).

    An hour that the clock repeats is taken in the order of the rows, if that is possible; else it is no time, as is one that the
    clock leaves out.
    """
    if zone is None:
        return naive.dt.tz_localize("UTC")
    steps = naive.dropna().diff().dropna()
    turned = bool(len(steps)) and bool((steps <= pd.Timedelta(0)).mean() > 0.5)
    ordered = naive[::-1] if turned else naive
    try:
        local = ordered.dt.tz_localize(zone, ambiguous="infer", nonexistent="NaT")
    except ValueError:
        local = ordered.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    return local[::-1].dt.tz_convert("UTC") if turned else local.dt.tz_convert("UTC")


def _ms(moments: "pd.Series[pd.Timestamp]") -> Floats:
    ms = moments.dt.as_unit("ms").astype("int64").to_numpy(np.float64)
    return np.where(moments.isna().to_numpy() | (ms < _EARLIEST_MS) | (ms >= _LATEST_MS), np.nan, ms)


def joined_clock(days: "pd.Series[str]", clocks: "pd.Series[str]") -> "pd.Series[str]":
    """A day and a time of day in one text: `2024.01.31` and `13:00`, `20240131` and `130000`."""
    digits = clocks.str.strip().str.fullmatch(r"\d{1,6}")
    short = clocks.str.strip().str.len() <= 4
    spelled = clocks.str.strip().mask(digits & short, clocks.str.strip().str.zfill(4) + "00")
    spelled = spelled.mask(digits, spelled.str.zfill(6))
    spelled = spelled.mask(digits, spelled.str[:2] + ":" + spelled.str[2:4] + ":" + spelled.str[4:6])
    day = days.str.strip()
    whole = day.str.fullmatch(r"\d{8}")
    day = day.mask(whole, day.str[:4] + "-" + day.str[4:6] + "-" + day.str[6:8])
    return (day + " " + spelled).str.strip()


def is_clock(cells: "pd.Series[str]") -> bool:
    """Whether the cells hold times of day."""
    return _mostly(cells, r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?|\d{1,4}|\d{6}")


def is_day(cells: "pd.Series[str]") -> bool:
    """Whether the cells hold dates without a time of day."""
    return _mostly(
        cells,
        r"\d{8}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{4}",
    )


def _mostly(cells: "pd.Series[str]", pattern: str) -> bool:
    filled = cells.str.strip()
    filled = filled[filled != ""]
    return bool(len(filled)) and bool(filled.str.fullmatch(pattern).mean() > 0.9)
