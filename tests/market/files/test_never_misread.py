"""Whatever a publisher writes, a file is read as it was meant or refused: never as something else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import to_ms
from config.errors import DataFault
from market.files.stamps import length_of, opens_of
from market.files.text.dates import Column, moments_of
from market.files.text.dialect import table_of
from market.files.text.numbers import decimal_of, is_number, numbers_of
from market.timeframe import Timeframe

Style = Callable[[str], str]


def unless_refused(work: Callable[[], list[float]], option: str) -> list[float] | None:
    """What was read; None when it was refused with the option that decides."""
    try:
        return work()
    except DataFault as fault:
        if option not in str(fault):
            raise
        return None


def grouped(number: str, thousands: str, decimal: str) -> str:
    whole, _, rest = number.partition(".")
    return f"{int(whole):,}".replace(",", thousands) + (f"{decimal}{rest}" if rest else "")


STYLES: dict[str, Style] = {
    "point": lambda number: number,
    "comma": lambda number: number.replace(".", ","),
    "american": lambda number: grouped(number, ",", "."),
    "german": lambda number: grouped(number, ".", ","),
    "swiss": lambda number: grouped(number, "’", "."),
    "french": lambda number: grouped(number, "\u202f", ","),
}
NUMBERS = st.lists(
    st.tuples(st.integers(0, 10**7), st.integers(0, 99_999), st.integers(0, 5)).map(
        lambda parts: f"{parts[0]}.{parts[1]:05d}"[: len(str(parts[0])) + 1 + parts[2]].rstrip(".")
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@given(numbers=NUMBERS, style=st.sampled_from(sorted(STYLES)), delimiter=st.sampled_from(";\t"))
def test_numbers_in_any_style_are_what_was_written_or_refused(numbers: list[str], style: str, delimiter: str) -> None:
    column = pd.Series([STYLES[style](number) for number in numbers], name="close", dtype="str")
    assert all(is_number(cell) for cell in column)
    found = unless_refused(
        lambda: numbers_of(column, decimal_of([column], delimiter, None, "a.csv"), "a.csv").tolist(), "--decimal"
    )
    assert found in (None, [float(number) for number in numbers])


@given(numbers=NUMBERS, style=st.sampled_from(sorted(STYLES)))
def test_the_mark_that_the_user_names_is_obeyed(numbers: list[str], style: str) -> None:
    column = pd.Series([STYLES[style](number) for number in numbers], name="close", dtype="str")
    found = numbers_of(column, "," if style in ("comma", "german", "french") else ".", "a.csv")
    assert found.tolist() == [float(number) for number in numbers]


@pytest.mark.parametrize("cell", ["\u0664\u0662.\u0661", "\u096a\u0968.\u0967", "\uff14\uff12.\uff11"])
def test_digits_of_another_script_are_refused_in_words(cell: str) -> None:
    with pytest.raises(DataFault, match=r"row 1, column close: .* is no number"):
        numbers_of(pd.Series([cell] * 3, name="close", dtype="str"), ".", "a.csv")


DATES = {
    "dmy": ("%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%y %H:%M"),
    "mdy": ("%m/%d/%Y %H:%M", "%m.%d.%Y %H:%M"),
}
STARTS = st.integers(0, 250_000).map(lambda number: datetime(2009, 1, 3, tzinfo=UTC) + timedelta(hours=number))


def hours(start: datetime, count: int, step_h: int) -> list[datetime]:
    return [start + timedelta(hours=step_h * number) for number in range(count)]


def told(moments: list[datetime], form: str, column: Column) -> list[float]:
    found: list[float] = moments_of(pd.Series([f"{at:{form}}" for at in moments], dtype="str"), column).ms.tolist()
    return found


@pytest.mark.slow
@given(start=STARTS, count=st.integers(30, 400), step_h=st.sampled_from([1, 4, 24]), data=st.data())
def test_dates_of_numbers_are_what_was_meant_or_asked_about(
    start: datetime, count: int, step_h: int, data: st.DataObject
) -> None:
    order = data.draw(st.sampled_from(sorted(DATES)))
    form = data.draw(st.sampled_from(DATES[order]))
    proving = data.draw(st.booleans())
    moments = hours(start, count, step_h)
    meant = [to_ms(at) for at in moments]
    found = unless_refused(lambda: told(moments, form, Column("a.csv", "date", self_proving=proving)), "--dates")
    assert found in (None, meant)
    assert told(moments, form, Column("a.csv", "date", "dmy" if order == "dmy" else "mdy")) == meant


FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y.%m.%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M", "%Y-%m-%dT%H:%M:%SZ", "%b %d, %Y %I:%M %p",
    "%d-%b-%Y %H:%M:%S", "%d %B %Y %H:%M", "%Y-%m-%d %I-%p", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %H:%M GMT+0000", "%Y-%m-%d %H:%M:%S+00",
)  # fmt: skip


@pytest.mark.slow
@given(start=STARTS, step_h=st.sampled_from([1, 4, 24]), form=st.sampled_from(FORMS))
def test_dates_of_one_reading_are_read(start: datetime, step_h: int, form: str) -> None:
    moments = hours(start, 40, step_h)
    assert told(moments, form, Column("a.csv", "date")) == [to_ms(at) for at in moments]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "+05:30"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_clock_of_another_zone_is_followed_through_its_changes(zone: str, newest_first: bool) -> None:
    utc = pd.date_range("2023-01-01", "2023-12-31", freq="1h", tz="UTC")[:: -1 if newest_first else 1]
    local = pd.Series(utc.tz_convert(zone).strftime("%Y-%m-%d %H:%M"), dtype="str")
    found = moments_of(local, Column("a.csv", "date", zone=zone)).ms
    assert found.tolist() == utc.as_unit("ms").asi8.tolist()


@pytest.mark.parametrize(
    "cell",
    ["45292.5", "20241301", "2024-13-01", "32/01/2024", "today", "now", "1924-01-01", "2150-01-01", "1", "Q1 2024"],
)
def test_what_is_no_time_is_none(cell: str) -> None:
    assert np.isnan(moments_of(pd.Series([cell], dtype="str"), Column("a.csv", "date", "dmy")).ms).all()


@pytest.mark.parametrize("timeframe", list(Timeframe))
def test_the_last_moment_of_a_bar_is_its_close_and_a_moment_on_the_grid_its_open(timeframe: Timeframe) -> None:
    step = timeframe.seconds * 1000
    opens = to_ms(timeframe.floor(datetime(2024, 1, 3, tzinfo=UTC))) + step * np.arange(20, dtype=np.float64)
    assert length_of(opens) is timeframe
    for stamps, named, given_, says in (
        (opens + step - 1, None, None, "close (the last moment of a bar)"),
        (opens + step - 1000, "open", "close", "close (the last moment of a bar)"),
        (opens, None, None, "open assumed"),
        (opens + step, None, "close", "close (--stamps)"),
        (opens + step, "close", None, "close (the column's name)"),
        (opens, "open", "close", "open (the column's name)"),
    ):
        found = opens_of(stamps, given_, named)  # type: ignore[arg-type]
        assert (found.ms.tolist(), found.told) == (opens.tolist(), says)


@pytest.mark.slow
@given(rows=st.integers(6, 40), columns=st.integers(6, 9), mark=st.sampled_from(",;\t|"))
def test_the_delimiter_is_found_whatever_it_is(rows: int, columns: int, mark: str) -> None:
    cells = [
        [f"2024-01-01 {row % 24:02}:00", *(f"{row + column}.5" for column in range(columns - 1))] for row in range(rows)
    ]
    names = ["time", "open", "high", "low", "close", "volume", "a", "b", "c"][:columns]
    table = table_of("\n".join(mark.join(line) for line in [names, *cells]))
    assert (list(table.frame.columns), table.frame.to_numpy().tolist()) == (names, cells)
    assert table_of("\n".join(mark.join(line) for line in cells)).frame.to_numpy().tolist() == cells
