"""The calendar of releases: its hours, its days, and what it knows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from market.context.calendar.releases import calendar

NEW_YORK = ZoneInfo("America/New_York")


def test_releases_are_in_order_within_what_is_covered_and_on_working_days_at_their_hour_in_new_york() -> None:
    known = calendar()
    assert all(earlier.at_utc < later.at_utc for earlier, later in pairwise(known.releases))
    assert known.begin_utc < known.releases[0].at_utc < known.releases[-1].at_utc < known.end_utc
    for release in known.releases:
        there = release.at_utc.astimezone(NEW_YORK)
        assert (there.hour, there.minute) == ((14, 0) if release.kind == "fomc" else (8, 30))
        assert there.weekday() < 5


@pytest.mark.parametrize("year", range(2019, 2027))
def test_a_year_has_eight_scheduled_decisions_and_twelve_releases_of_prices(year: int) -> None:
    kinds = [release.kind for release in calendar().releases if release.at_utc.year == year]
    assert kinds.count("fomc") == (7 if year == 2020 else 8)  # the meeting of March 2020 was held before its day
    assert kinds.count("cpi") == (11 if year == 2025 else 12)  # the prices of October 2025 were never published


def test_prices_come_in_the_second_or_third_week_unless_a_shutdown_delays_them() -> None:
    late = {
        r.at_utc.date().isoformat() for r in calendar().releases if r.kind == "cpi" and not 10 <= r.at_utc.day <= 15
    }
    assert late == {"2025-10-24", "2025-12-18"}


def test_of_two_releases_the_nearer_is_told() -> None:
    between = datetime(2024, 6, 12, 16, tzinfo=UTC)
    near = calendar().near(between, timedelta(hours=4))
    assert near is not None
    assert (near.kind, near.at_utc.hour) == ("fomc", 18)
    assert calendar().near(between, timedelta(minutes=30)) is None
