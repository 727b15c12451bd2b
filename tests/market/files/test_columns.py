"""How columns are found and times told: every spelling, every epoch, and no guess where nobody can know."""

from datetime import UTC, datetime
from pathlib import PurePath

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import to_ms
from config.errors import DataFault
from market.files.columns import layout_of, open_times_ms
from market.files.text.names import PRICES, TIMES, is_header, plain

FILE = PurePath("bars.csv")
HOUR_MS = 3_600_000
START_MS = to_ms(datetime(2021, 1, 1, tzinfo=UTC))
MOMENTS = st.integers(to_ms(datetime(1980, 1, 1, tzinfo=UTC)), to_ms(datetime(2099, 12, 31, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Open", "open"),
        ("  open ", "open"),
        ("\ufeffOpen Time", "open_time"),
        ("open-time", "open_time"),
        ("Open  Time", "open_time"),
        ("VOLUME USDT", "volume_usdt"),
        (7, "7"),
    ],
)
def test_a_column_is_known_whatever_its_case_blanks_and_separators(spelling: object, name: str) -> None:
    assert plain(spelling) == name


@given(spelling=st.text(max_size=20))
def test_a_plain_name_stays_what_it_is(spelling: str) -> None:
    assert plain(plain(spelling)) == plain(spelling)


@pytest.mark.parametrize(
    ("cells", "header"),
    [
        (("time", "open", "high", "low", "close"), True),
        (("T", "O", "H", "L", "C", "V"), True),
        (("https://example.org/data",), False),
        (("1", "2", "3", "4", "5"), False),
        ((), False),
        (("open", "high", "low"), False),
    ],
)
def test_a_line_that_names_all_four_prices_is_the_header(cells: tuple[str, ...], header: bool) -> None:
    assert is_header(cells) is header


@pytest.mark.parametrize("time", [name for name in TIMES if name])
def test_every_known_time_column_is_found(time: str) -> None:
    assert layout_of([time.upper(), "Open", "High", "Low", "Close", "Volume"], FILE).time == time.upper()


def test_the_columns_keep_the_spelling_of_the_file() -> None:
    layout = layout_of(["Date", "O", "H", "L", "C", "Vol", "Pair"], FILE)
    assert layout.prices == ("O", "H", "L", "C")
    assert (layout.time, layout.others["volume"], layout.symbol) == ("Date", "Vol", "Pair")


def test_of_several_times_the_one_that_is_surely_the_open_is_taken() -> None:
    assert layout_of(["date", "unix", "open_time", *PRICES, "volume"], FILE).time == "open_time"


@pytest.mark.parametrize("missing", ["time", *PRICES, "volume"])
def test_a_missing_column_is_named_with_those_that_there_are(missing: str) -> None:
    columns = [name for name in ("time", *PRICES, "volume") if name != missing]
    with pytest.raises(DataFault) as fault:
        layout_of(columns, FILE)
    assert f"bars.csv has no column for {missing} (it has {', '.join(columns)})" in str(fault.value)


def test_a_file_without_columns_has_none() -> None:
    with pytest.raises(DataFault, match="it has none"):
        layout_of([], FILE)


@given(moments=st.lists(MOMENTS, min_size=1, max_size=20), unit=st.sampled_from([1e-3, 1.0, 1e3, 1e6]))
def test_seconds_milli_micro_and_nanoseconds_give_the_same_moments(moments: list[int], unit: float) -> None:
    seconds = [moment // 1000 * 1000 for moment in moments]
    told = open_times_ms(pd.Series([moment * unit for moment in seconds], dtype=np.float64))
    assert told.tolist() == pytest.approx(seconds, abs=1.0)


def test_rows_of_one_file_may_mix_their_units() -> None:
    mixed = pd.Series([START_MS / 1000, float(START_MS), START_MS * 1e3, START_MS * 1e6])
    assert open_times_ms(mixed).tolist() == [START_MS] * 4


@given(moment=MOMENTS)
def test_text_with_an_offset_is_the_moment_that_it_says_and_without_one_is_utc(moment: int) -> None:
    at = datetime.fromtimestamp(moment // 1000, UTC)
    east = pd.Timestamp(at).tz_convert("Asia/Tokyo").isoformat()
    naive = at.replace(tzinfo=None).isoformat()
    assert open_times_ms(pd.Series([east, at.isoformat(), naive])).tolist() == [moment // 1000 * 1000] * 3


def test_the_twelve_hour_clock_of_cryptodatadownload_is_read() -> None:
    told = open_times_ms(pd.Series(["2021-01-01 12-AM", "2021-01-01 01-AM", "2021-01-01 12-PM", "2021-01-01 11-PM"]))
    assert ((told - START_MS) / HOUR_MS).tolist() == [0.0, 1.0, 12.0, 23.0]


def test_moments_with_and_without_a_zone_are_read_in_any_resolution() -> None:
    moments = pd.Series(pd.to_datetime(["2021-01-01T00:00:00", "2021-01-01T01:00:00"]))
    expected = [START_MS, START_MS + HOUR_MS]
    for unit in ("s", "ms", "us", "ns"):
        assert open_times_ms(moments.dt.as_unit(unit)).tolist() == expected
        assert open_times_ms(moments.dt.tz_localize("UTC").dt.as_unit(unit)).tolist() == expected


@pytest.mark.parametrize("cell", ["31/12/2021", "12/31/2021 10:00", "yesterday", "", None])
def test_what_nobody_can_read_for_certain_is_no_time(cell: str | None) -> None:
    told = open_times_ms(pd.Series(["2021-01-01T00:00:00", cell]))
    assert told[0] == START_MS
    assert np.isnan(told[1])


@pytest.mark.parametrize("number", [0.0, -1.0, float("nan"), 5e18])
def test_a_number_that_is_no_moment_of_our_time_is_none(number: float) -> None:
    told = open_times_ms(pd.Series([float(START_MS), number]))
    assert told[0] == START_MS
    assert np.isnan(told[1])
