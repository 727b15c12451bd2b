"""The calendar of releases: FOMC decisions and US consumer prices, from `releases.csv`, which names its sources.

It knows the days that were published beforehand, and says for which time it is whole. Outside of that time nobody knows whether a
release is near.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_COVERS = "# covers: "


class Release(NamedTuple):
    """One release: when, and of what (`fomc`, `cpi`)."""

    at_utc: datetime
    kind: str


class Calendar(NamedTuple):
    """All releases from `begin_utc` to `end_utc`, oldest first."""

    begin_utc: datetime
    end_utc: datetime
    releases: tuple[Release, ...]

    def covers(self, moment: datetime, pause: timedelta) -> bool:
        """Whether every release within `pause` of a moment is known."""
        return self.begin_utc + pause <= moment <= self.end_utc - pause

    def near(self, moment: datetime, pause: timedelta) -> Release | None:
        """The nearest release within `pause` of a moment, before or after; of two equally near ones, the later."""
        place = bisect_left(self.releases, moment, key=lambda release: release.at_utc)
        beside: Sequence[Release] = self.releases[max(place - 1, 0) : place + 1]
        found = [release for release in beside if abs(release.at_utc - moment) <= pause]
        return min(reversed(found), key=lambda release: abs(release.at_utc - moment), default=None)

    def next(self, moment: datetime) -> Release | None:
        """The first release at or after a moment; None where the calendar does not reach so far, or begins later."""
        if not self.begin_utc <= moment <= self.end_utc:
            return None
        place = bisect_left(self.releases, moment, key=lambda release: release.at_utc)
        return self.releases[place] if place < len(self.releases) else None


@cache
def calendar() -> Calendar:
    """The calendar of this version of the program."""
    text = files("market.context.calendar").joinpath("releases.csv").read_text(encoding="utf-8")
    begin, end = (
        next(line for line in text.splitlines() if line.startswith(_COVERS)).removeprefix(_COVERS).split(" to ")
    )
    rows = [line.split(",") for line in text.splitlines() if line[:1].isdigit()]
    releases = tuple(Release(datetime.fromisoformat(moment), kind) for moment, kind in rows)
    return Calendar(datetime.fromisoformat(begin), datetime.fromisoformat(end), releases)
