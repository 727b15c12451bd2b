"""Dates of headlines: read where they say one moment, refused where they do not, and never taken from the clock."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.sources.moments import NoDate, days_in_disguise, orders_of, read_moment

TEN = datetime(2024, 3, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-20T10:00:00Z",
        "2024-03-20 10:00",
        "2024/03/20 10:00:00.000",
        "2024.03.20 10:00",
        "2024-03-20T12:00:00+02:00",
        "2024-03-20T15:30:00+0530",
        "2024-03-20 10:00:00 UTC",
        "2024-03-20 12:00 UTC+2",
        "Wed, 20 Mar 2024 10:00:00 GMT",
        "Wed, 20 Mar 2024 10:00:00 +0000",
        "Wed, 20 Mar 2024 05:00:00 EST",
        "20 Mar 2024 02:00 PST",
        "March 20, 2024, 10:00 AM",
        "March 20, 2024 at 10:00 a.m.",
        "20-Mar-2024 10:00",
        "Wed Mar 20 10:00:00 2024",
        "Wed Mar 20 10:00:00 +0000 2024",
        "Wed Mar 20 2024 11:00:00 GMT+0100 (Central European Standard Time)",
        "20240320T100000Z",
        "20240320100000",
        1710928800,
        1710928800000,
        "1710928800000000",
        1710928800000000000,
        1710928800.0,
        "1.7109288e9",
        pd.Timestamp("2024-03-20 10:00"),
        pd.Timestamp("2024-03-20 12:00", tz="Europe/Helsinki"),
    ],
)
def test_every_spelling_of_a_moment_is_that_moment(cell: object) -> None:
    found = read_moment(cell, None)
    assert (found.moment, found.whole_day, found.end) == (TEN, False, TEN)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-20",
        "2024/3/20",
        "20240320",
        20240320,
        20240320.0,
        "20 March 2024",
        "March 20th, 2024",
        "Wed, 20 Mar 2024",
        date(2024, 3, 20),
    ],
)
def test_a_date_alone_is_known_when_its_day_is_over(cell: object) -> None:
    found = read_moment(cell, None)
    assert found.whole_day
    assert (found.moment, found.end) == (datetime(2024, 3, 20, tzinfo=UTC), datetime(2024, 3, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    "cell",
    [
        "today", "now", "yesterday", "tomorrow", "1 day ago", "soon", "", "nan", "12", 12, "2024", "2024-03", "March 2024",
        "10:30", "Q1 2024", "2024-W10", "45000", 0, -1, 1e300, float("inf"), float("nan"), None, True, pd.NaT, "2024-02-30",
        "2024-13-01",
        "2024-03-20 25:00", "2024-03-20 10:61", "2024-03-20 13:00 PM", "2024-03-20 10:00 IST", "2024-03-20 10:00 XYZ",
        "0001-01-01", "2500-01-01", "20-Mar-24", "05/11/22", "31/31/2022", "2024-03-20 or so",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_and_the_clock_is_not_asked(cell: object) -> None:
    with pytest.raises(NoDate):
        read_moment(cell, None)


def test_a_numeric_date_is_read_in_the_order_that_is_given_and_in_none_without() -> None:
    with pytest.raises(NoDate, match="order"):
        read_moment("05/11/2022 14:30", None)
    assert read_moment("05/11/2022 14:30", "dmy").moment == datetime(2022, 11, 5, 14, 30, tzinfo=UTC)
    assert read_moment("05/11/2022 2:30 PM", "mdy").moment == datetime(2022, 5, 11, 14, 30, tzinfo=UTC)
    assert read_moment("05.11.22", "dmy").moment == datetime(2022, 11, 5, tzinfo=UTC)
    assert read_moment("05-05-2022", None).moment == datetime(2022, 5, 5, tzinfo=UTC)
    with pytest.raises(NoDate, match="mdy"):
        read_moment("25/11/2022", "mdy")


@pytest.mark.parametrize(
    ("cells", "proofs", "doubtful"),
    [
        (["05/11/2022", "25/11/2022"], {"dmy": 1}, (0,)),
        (["11/25/2022", "05/11/2022"], {"mdy": 0}, (1,)),
        (["05/11/2022", "06/11/2022"], {}, (0, 1)),
        (["05/05/2022", "2022-11-05", "x"], {}, ()),
        (["25/11/2022", "11/25/2022"], {"dmy": 0, "mdy": 1}, ()),
        (["25/11/22"], {}, (0,)),
    ],
)
def test_a_day_above_twelve_proves_the_order_of_a_column(
    cells: list[str], proofs: dict[Literal["dmy", "mdy"], int], doubtful: tuple[int, ...]
) -> None:
    assert orders_of(cells) == (proofs, doubtful)


def test_a_column_of_midnights_once_held_dates() -> None:
    def ends(*cells: object) -> list[bool]:
        reads = days_in_disguise(cells, [read_moment(cell, None) for cell in cells])
        return [not isinstance(read, NoDate) and read.whole_day for read in reads]

    assert ends(pd.Timestamp("2024-03-20")) == [True]
    assert ends("2024-03-20 00:00:00", "2024-03-21 00:00:00") == [True, True]
    assert ends("2024-03-20 00:00:00") == [False]
    assert ends("2024-03-20T00:00:00Z", "2024-03-21T00:00:00Z") == [False, False]
    assert ends(pd.Timestamp("2024-03-20"), pd.Timestamp("2024-03-20 00:00:01")) == [False, False]


@given(seconds=st.integers(946_684_800 + 86_400, 4_102_000_000), hours=st.integers(-12, 14))
def test_what_is_written_in_any_zone_is_read_as_the_same_moment(seconds: int, hours: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    there = (moment + timedelta(hours=hours)).replace(tzinfo=None).isoformat()
    offset = f"{'+' if hours >= 0 else '-'}{abs(hours):02d}:00"
    assert read_moment(f"{there}{offset}", None).moment == moment
    assert read_moment(seconds, None).moment == moment


@given(cell=st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.binary(max_size=5)))
def test_any_cell_is_a_moment_of_our_years_or_no_date(cell: object) -> None:
    with suppress(NoDate):
        assert 1990 <= read_moment(cell, "dmy").moment.year < 2100
