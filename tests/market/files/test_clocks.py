"""Files whose times show that they are those of a local clock are asked about, and no other file is."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from config.errors import DataFault
from market.files.bars import read_bars
from market.files.reading import Reading


def hourly(folder: Path, first: str, zone: str | None, every: str = "1h", markets: int = 1) -> Path:
    """Bars of 300 stamps from `first` on, told on the clock of a zone, or in UTC."""
    at = pd.date_range(first, periods=300, freq=every, tz="UTC")
    told = at if zone is None else at.tz_convert(ZoneInfo(zone))
    prices = [100 + n / 10 for n in range(300)]
    table = pd.DataFrame(
        {"time": told.strftime("%Y-%m-%d %H:%M"), "open": prices, "high": prices, "low": prices, "close": prices}
    )
    table["volume"] = 5.0
    parts = [table.assign(symbol=f"{base}/USDT") for base in ("BTC", "ETH")[:markets]]
    file = folder / "BTCUSDT.csv"
    pd.concat(parts).to_csv(file, index=False)
    return file


@pytest.mark.parametrize("markets", [1, 2])
@pytest.mark.parametrize(
    ("first", "zone", "hour", "every"),
    [
        ("2024-10-30", "America/New_York", "2024-11-03 01:00", "1h"),
        ("2024-10-24", "Europe/Berlin", "2024-10-27 02:00", "1h"),
        ("2023-10-26", "Europe/London", "2023-10-29 01:00", "30min"),
        ("2023-10-28T12:00", "Europe/Athens", "2023-10-29 03:00", "5min"),
    ],
)
def test_the_hour_that_stands_twice_when_clocks_go_back_is_asked_about(
    first: str, zone: str, hour: str, every: str, markets: int, tmp_path: Path
) -> None:
    file = hourly(tmp_path, first, zone, every, markets)
    with pytest.raises(DataFault, match=f"the hour from {hour} stands twice") as asked:
        read_bars([file], None, None)
    assert "--tz" in str(asked.value)
    read = read_bars([file], None, None, Reading(tz=zone))
    assert all(len(candles) == 300 for candles in read.candles.values())
    assert all(not candles.findings for candles in read.candles.values())


@pytest.mark.parametrize(
    ("first", "zone"),
    [("2024-10-30", None), ("2024-10-24", None), ("2024-11-05", "America/New_York"), ("2024-10-24", "Asia/Tokyo")],
)
def test_times_without_such_an_hour_are_taken_as_utc(first: str, zone: str | None, tmp_path: Path) -> None:
    (candles,) = read_bars([hourly(tmp_path, first, zone)], None, None).candles.values()
    assert len(candles) == 300


def test_rows_that_stand_twice_elsewhere_say_nothing_of_the_clock(tmp_path: Path) -> None:
    file = hourly(tmp_path, "2024-10-24", None)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:150], *lines[100:]]) + "\n")
    (candles,) = read_bars([file], None, None).candles.values()
    assert len(candles) == 300
