"""The sessions of an exchange that closes at night, at weekends and on holidays, out of the package exchange_calendars.

A daily bar of a session lies on the same grid as that of a market that never closes: it opens at 00:00 UTC of its date, and
closes a day later. A closed day has no bar, and is no gap. A day beyond the last one that the calendar knows is refused, and
never guessed.
"""

import importlib
import warnings
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from config.clock import from_ms
from config.errors import UsageFault
from config.sections.market import MarketSettings

MISSING = (
    'Sessions of an exchange need packages that are not installed. Nothing was started. Run: pip install "tribunal[ib]"'
)
_FIRST, _LAST = "1990-01-01", "2035-12-31"
_DAY = timedelta(days=1)


class TradingCalendar:
    """The sessions of one exchange. `name`: its MIC as exchange_calendars has it, such as XNYS or XBOM."""

    def __init__(self, name: str) -> None:
        """Raises UsageFault for an unknown exchange, and where the package is missing."""
        try:
            package: Any = importlib.import_module("exchange_calendars")
        except ImportError:
            raise UsageFault(MISSING) from None
        known = package.get_calendar_names(include_aliases=False)
        if name not in known:
            raise UsageFault(
                f"There is no calendar of an exchange {name!r}. Nothing was started; it is a MIC such as XNYS (New York), XLON "
                "(London), XBOM (Bombay, whose days those of the National Stock Exchange of India are)."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks pandas for what a later major will answer otherwise
            made = _opened(package, name)
            self.zone = ZoneInfo(str(made.tz))
            self._closes: list[datetime] = [moment.to_pydatetime().astimezone(UTC) for moment in made.closes]
            self._days: list[date] = [moment.date() for moment in made.sessions]
        self.name = name

    @property
    def first(self) -> date:
        """The first session that it knows."""
        return self._days[0]

    @property
    def last(self) -> date:
        """The last session that it knows."""
        return self._days[-1]

    @property
    def bars_per_year(self) -> float:
        """Sessions a year, on average over the whole years that it knows."""
        begin, end = self.first.year + 1, self.last.year
        return self.count(date(begin - 1, 12, 31), date(end - 1, 12, 31)) / (end - begin)

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on that date. Raises UsageFault beyond what it knows."""
        self._refuse_unknown(day)
        place = bisect_left(self._days, day)
        return place < len(self._days) and self._days[place] == day

    def count(self, after: date, until: date) -> int:
        """Sessions after a date and not after another."""
        return bisect_right(self._days, until) - bisect_right(self._days, after)

    def following(self, day: date) -> date:
        """The first session after a date. Raises UsageFault beyond what it knows."""
        place = bisect_right(self._days, day)
        if place == len(self._days):
            self._refuse_unknown(day + _DAY)
        return self._days[place]

    def back(self, day: date, sessions: int) -> date:
        """The session that lies so many sessions before a date; the first one that is known, if it is not so old."""
        return self._days[max(0, bisect_left(self._days, day) - sessions)]

    def between(self, after: date, until: date) -> tuple[date, ...]:
        """The sessions after a date and not after another, oldest first."""
        return tuple(self._days[bisect_right(self._days, after) : bisect_right(self._days, until)])

    def closes_at(self, day: date) -> datetime:
        """When a session closes, half days included [UTC]. Raises UsageFault for a day that is none."""
        if not self.is_session(day):
            raise UsageFault(f"{self.name} is closed on {day}.")
        return self._closes[bisect_left(self._days, day)]

    def decides_at(self, day: date, at: time, zone: ZoneInfo) -> datetime:
        """The moment of a session at which is decided [UTC]: at a time of a zone's clock. On a day that closes earlier than the
        sessions of the month before, as much earlier."""
        usual = max(self._closing_minute(each) for each in self.between(day - 30 * _DAY, day))
        early = timedelta(minutes=usual - self._closing_minute(day))
        return (datetime.combine(day, at, zone) - early).astimezone(UTC)

    def _closing_minute(self, day: date) -> int:
        closes = self.closes_at(day).astimezone(self.zone)
        return closes.hour * 60 + closes.minute

    def _refuse_unknown(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise UsageFault(
                f"The calendar of {self.name} knows the sessions from {self.first} to {self.last}, and not {day}: closed days "
                "are not guessed. Nothing was started. Take a newer release of exchange-calendars, or other dates."
            )


def bar_close(day: date) -> datetime:
    """The close of the daily bar of a date on the grid [UTC]: midnight after it."""
    return datetime.combine(day + _DAY, time(0), UTC)


def day_of(close: datetime) -> date:
    """The date of the daily bar that closes then."""
    return (close - timedelta(microseconds=1)).date()


def day_of_ms(close_ms: int) -> date:
    """The same for a close in ms since 1970 UTC."""
    return day_of(from_ms(close_ms))


@cache
def calendar_of(name: str) -> TradingCalendar:
    """The calendar of an exchange, read once. Raises UsageFault as `TradingCalendar` does."""
    return TradingCalendar(name)


def bars_a_year(calendar: str | None, bars_per_year: float) -> float:
    """Bars a year of daily bars in sessions, by the calendar's name; `bars_per_year` where markets never close."""
    return bars_per_year if calendar is None else calendar_of(calendar).bars_per_year


def signals_year(market: MarketSettings) -> float | None:
    """Bars of a day in the year by which volatilities among the signals are annualised; None for 365 days."""
    return bars_a_year(market.calendar, 365.0) if market.annualise == "sessions" else None


def _opened(package: Any, name: str) -> Any:
    kind = package.calendar_utils._default_calendar_factories[name]
    begin, end = kind.bound_min(), kind.bound_max()
    first = _FIRST if begin is None else max(_FIRST, f"{begin:%Y-%m-%d}")
    last = _LAST if end is None else min(_LAST, f"{end:%Y-%m-%d}")
    return kind(start=first, end=last)
