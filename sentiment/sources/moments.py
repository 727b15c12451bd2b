"""Reads one cell of a column of dates, and says what it cannot know: never the clock, never a guess.

Read are: ISO 8601 and year-first dates, `20221108`, seconds to nanoseconds since 1970, RFC 822 and dates with a month's name,
and numeric dates such as 05/11/2022, whose order somebody must know. A zone is an offset, `Z`, UTC, GMT or one of the American
zones of RFC 822; without one the time is UTC. Refused are words ("today"), times without a date, a year or a month alone,
and years of two digits unless the order is given.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite, isnan
from typing import Literal, NamedTuple

Order = Literal["dmy", "mdy"]

_YEARS = range(1990, 2100)
_DAY = timedelta(days=1)
_EMPTY = frozenset(("", "nan", "nat", "none", "null"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY_OF_MONTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_ZONES |= dict.fromkeys(("UTC", "GMT", "UT", "Z"), 0)

_CLOCK = (
    r"(?:\s*T\s*|\s*[,–-]\s*|\s+at\s+|\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?(?:\s*\(?(?P<zone>[a-z]{1,5})?(?P<offset>[+-]\d{2}:?(?:\d{2})?|[+-]\d)?\)?)?(?:\s*\([^()]*\))?"
)
_DATES = {
    "year": r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})",
    "packed": r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
    "day name": rf"{_WEEKDAY}{_DAY_OF_MONTH}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+(?P<year>\d{{4}})",
    "month name": rf"{_WEEKDAY}{_MONTH}\s+{_DAY_OF_MONTH}(?:,\s*|\s+)(?P<year>\d{{4}})",
    "numbers": r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})",
}
_SHAPES = {kind: re.compile(rf"{shape}(?:{_CLOCK})?", re.IGNORECASE) for kind, shape in _DATES.items()}
_CTIME = re.compile(  # "Fri Nov 27 10:00:00 +0000 2026", with the year last
    rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d{{1,2}}){_CLOCK}\s+(?P<year>\d{{4}})", re.IGNORECASE
)
_PACKED_CLOCK = re.compile(r"(?P<date>\d{8})T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?Z?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:e\+?\d+)?", re.IGNORECASE)


class NoDate(ValueError):
    """A cell that is no date; its text gives the reason."""


class Read(NamedTuple):
    """One cell as read. `moment` is the time, or the beginning of the day where there is only a date (`whole_day`)."""

    moment: datetime
    whole_day: bool
    zoned: bool
    """Whether the cell says its zone; a number since 1970 always does."""

    @property
    def end(self) -> datetime:
        """When it was surely over: the moment, or the midnight after the day."""
        return self.moment + _DAY if self.whole_day else self.moment


def read_moment(cell: object, order: Order | None) -> Read:
    """The moment in one cell. `order` is that of dates such as 05/11/2022, where the file has any. Raises NoDate."""
    if isinstance(cell, datetime):
        return _checked(cell, zoned=cell.tzinfo is not None)
    if isinstance(cell, date):
        return Read(_utc(cell.year, cell.month, cell.day), True, False)
    if isinstance(cell, bool) or cell is None:
        raise NoDate("it is empty" if cell is None else "it is no date")
    if isinstance(cell, int | float):
        return _number(str(cell))
    text = " ".join(str(cell).split())
    if _NUMBER.fullmatch(text):
        return _number(text)
    packed = _PACKED_CLOCK.fullmatch(text)
    if packed:
        return _packed(packed, zoned=text.endswith("Z"))
    for kind, shape in (*_SHAPES.items(), ("ctime", _CTIME)):
        found = shape.fullmatch(text)
        if found:
            return _dated(found, kind, order)
    raise NoDate("it is empty" if text.lower() in _EMPTY else "it is no date")


class Orders(NamedTuple):
    """What numeric dates say of their order: the first row that proves each order, and the rows that can be read both ways."""

    proofs: Mapping[Order, int]
    doubtful: tuple[int, ...]


def orders_of(cells: Sequence[object]) -> Orders:
    """What a column of dates says: a first number above 12 proves that days come first, a second one that months do.

    A year of two digits proves nothing: it may be the first number.
    """
    proofs: dict[Order, int] = {}
    doubtful: list[int] = []
    for place, cell in enumerate(cells):
        found = _SHAPES["numbers"].fullmatch(" ".join(cell.split())) if isinstance(cell, str) else None
        if found is None:
            continue
        one, two = int(found["one"]), int(found["two"])
        if len(found["year"]) == 4 and (one > 12) != (two > 12):
            proofs.setdefault("dmy" if one > 12 else "mdy", place)
        elif one != two or len(found["year"]) == 2:
            doubtful.append(place)
    return Orders(proofs, tuple(doubtful))


def days_in_disguise(cells: Sequence[object], reads: Sequence[Read | NoDate]) -> list[Read | NoDate]:
    """The same column, with whole days where every time is midnight: such a column once held dates.

    Text that names its zone is believed. Text without one is taken for dates from two days on; a column of typed times always.
    """
    good = [(cell, read) for cell, read in zip(cells, reads, strict=True) if isinstance(read, Read)]
    typed = all(isinstance(cell, datetime) for cell, _ in good)
    bare = all(not read.whole_day and read.moment.time() == time() and (typed or not read.zoned) for _, read in good)
    if not bare or not (typed or len({read.moment for _, read in good}) > 1):
        return list(reads)
    return [read._replace(whole_day=True) if isinstance(read, Read) else read for read in reads]


def both_ways(cell: object) -> str:
    """How a numeric date can be read: "5 Nov or 11 May"."""
    found = _SHAPES["numbers"].fullmatch(" ".join(str(cell).split()))
    if found is None or len(found["year"]) == 2:
        return "more than one day, its year has two digits"
    one, two = int(found["one"]), int(found["two"])
    readings = [f"{day} {_MONTHS[month - 1].title()}" for day, month in ((one, two), (two, one)) if 0 < month <= 12]
    return " or ".join(readings) or "no day"


def _dated(found: re.Match[str], kind: str, order: Order | None) -> Read:
    year, month, day = _numbers(found, order) if kind == "numbers" else _plain(found)
    start = _utc(year, month, day)
    return Read(start, True, False) if found["hour"] is None else _at(start, found)


def _plain(found: re.Match[str]) -> tuple[int, int, int]:
    groups = found.groupdict()
    name = groups.get("name")
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(groups["month"])
    return int(found["year"]), month, int(found["day"])


def _numbers(found: re.Match[str], order: Order | None) -> tuple[int, int, int]:
    one, two, year = int(found["one"]), int(found["two"]), int(found["year"])
    if order is None and (one != two or year < 100):
        raise NoDate("the order of day and month is not known")
    day, month = (two, one) if order == "mdy" else (one, two)
    if month > 12:
        raise NoDate(f"it is no date in the order {order}")
    return (year + 2000 if year < 100 else year), month, day


def _packed(found: re.Match[str], *, zoned: bool) -> Read:
    text = found["date"]
    start = _utc(int(text[:4]), int(text[4:6]), int(text[6:]))
    return Read(_clock(start, found["hour"], found["minute"], found["second"] or "0"), False, zoned)


def _at(start: datetime, found: re.Match[str]) -> Read:
    """A time of the day that starts at `start`, in the zone that the cell names."""
    hour = found["hour"]
    if found["half"]:
        if not 1 <= int(hour) <= 12:
            raise NoDate("its hour is none of a clock of twelve hours")
        hour = str(int(hour) % 12 + (12 if found["half"].lower() == "p" else 0))
    moment = _clock(start, hour, found["minute"], found["second"] or "0", found["part"] or "0")
    offset = _offset(found["zone"], found["offset"])
    return _checked(moment - (offset or timedelta(0)), zoned=offset is not None)


def _clock(start: datetime, hour: str, minute: str, second: str, part: str = "0") -> datetime:
    try:
        clock = time(int(hour), int(minute), min(int(second), 59), int(part[:6].ljust(6, "0")))
    except ValueError:
        raise NoDate("there is no such time of day") from None
    return datetime.combine(start.date(), clock, UTC)


def _offset(zone: str | None, offset: str | None) -> timedelta | None:
    """What the zone is ahead of UTC; None where none is named."""
    if zone is None and offset is None:
        return None
    hours = _ZONES.get(zone.upper()) if zone else 0
    if hours is None or (hours and offset):
        raise NoDate(f"its time zone {zone!r} is not known; write an offset such as +01:00")
    if offset is None:
        return timedelta(hours=hours)
    digits = offset[1:].replace(":", "").ljust(4, "0") if len(offset) > 2 else f"0{offset[1:]}00"
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if ahead >= _DAY:
        raise NoDate("its offset is no time zone")
    return -ahead if offset[0] == "-" else ahead


def _number(text: str) -> Read:
    """A number: YYYYMMDD, or a time since 1970 in the unit in which it falls into the years 2000 to 2099."""
    value = float(text)
    if not isfinite(value):
        raise NoDate("it is empty" if isnan(value) else "it is no date")
    whole = int(value)
    if value == whole and 19_900_101 <= whole <= 20_991_231 and len(str(whole)) == 8:
        return Read(_utc(whole // 10_000, whole // 100 % 100, whole % 100), True, False)
    if value == whole and len(str(whole)) in (12, 14):
        packed = _PACKED_CLOCK.fullmatch(str(whole))
        if packed and whole // 10 ** (len(str(whole)) - 4) in _YEARS:
            return _packed(packed, zoned=False)
    exact = int(text) if text.lstrip("+-").isdigit() else None
    for micros, scale in ((1_000_000, 1), (1_000, 1_000), (1, 1_000_000)):
        if 946_684_800 <= value / scale < 4_102_444_800:
            since = exact * micros if exact is not None else round(value * micros)
            return Read(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since), False, True)
    if 946_684_800 <= value / 1e9 < 4_102_444_800:
        since = exact // 1_000 if exact is not None else round(value / 1_000)
        return Read(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since), False, True)
    raise NoDate("as a number it is no time between 2000 and 2099, in seconds to nanoseconds, and no date YYYYMMDD")


def _utc(year: int, month: int, day: int) -> datetime:
    try:
        found = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        raise NoDate("there is no such day") from None
    return _checked(found, zoned=False).moment


def _checked(moment: datetime, *, zoned: bool) -> Read:
    if moment != moment:  # pandas' "not a time" is a datetime
        raise NoDate("it is empty")
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment.year not in _YEARS:
        raise NoDate(f"its year, {moment.year}, is not one of 1990 to 2099")
    return Read(moment, False, zoned)
