"""The values of one figure of one market, in the order of the moments that they describe, with the moments from which each was
known. A later value for the same moment is a revision: it counts from its own moment on, and not before."""

from bisect import bisect_left, insort
from datetime import datetime, timedelta
from typing import NamedTuple

_MOST_UNPRUNED = 64


class Entry(NamedTuple):
    """One value: of which moment, known from when."""

    at_utc: datetime
    known_utc: datetime
    value: float


class Series:
    """The values of one figure of one market that are young enough to be read, and the newest one."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Take one value, in any order."""
        if not self._entries or self._entries[-1] < entry:
            self._entries.append(entry)
        else:
            insort(self._entries, entry)

    def forget(self, before: datetime) -> None:
        """Drop the values of moments before `before`, except the newest."""
        if len(self._entries) > _MOST_UNPRUNED:
            old = bisect_left(self._entries, before, key=lambda entry: entry.at_utc)
            del self._entries[: min(old, len(self._entries) - 1)]

    def last(self, as_of: datetime, at_or_before: datetime | None = None) -> Entry | None:
        """The newest value of a moment up to `at_or_before` (None: `as_of`), in the form that was known at `as_of`."""
        latest = as_of if at_or_before is None else min(as_of, at_or_before)
        known = (each for each in reversed(self._entries) if each.at_utc <= latest and each.known_utc <= as_of)
        return next(known, None)

    def since(self, as_of: datetime, after: datetime) -> list[Entry]:
        """One value for each moment after `after` and up to `as_of`, in the form that was known at `as_of`, oldest first."""
        found: dict[datetime, Entry] = {}
        for each in self._entries:
            if after < each.at_utc <= as_of and each.known_utc <= as_of:
                found[each.at_utc] = each
        return list(found.values())


def hours(age: timedelta) -> str:
    """An age in words: hours up to two days, then days."""
    count = age / timedelta(hours=1)
    return f"{count:.1f} h" if count < 48 else f"{count / 24:.1f} days"
