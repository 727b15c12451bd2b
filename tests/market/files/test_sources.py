"""What may be given for a file: folders, patterns and archives, each table once; and the timeframe that all of them have."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config.errors import DataFault
from market.files.bars import read_bars, timeframe_of_files
from market.files.sources import all_exist, files_of, sources_of
from market.timeframe import Timeframe

START_MS = 1_704_067_200_000
MINUTE_MS = 60_000


def table(minutes: int = 60, begin: int = 0, count: int = 48) -> str:
    number = begin + np.arange(count)
    close = 100.0 + number
    columns = {
        "time": START_MS + minutes * MINUTE_MS * number,
        "open": close - 0.5,
        "high": close + 1,
        "low": close - 1,
    }
    return pd.DataFrame({**columns, "close": close, "volume": 1.0 + number}).to_csv(index=False)


def packed(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
        archive.writestr("__MACOSX/._note.csv", "x")
        archive.writestr("README.txt", "what is this")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    held = tmp_path / "held"
    (held / "deep").mkdir(parents=True)
    (held / "BTCUSDT-1.csv").write_text(table(count=24))
    (held / "deep" / "BTCUSDT-2.csv").write_text(table(begin=24, count=24))
    (held / "ETHUSDT.csv").write_text(table())
    (held / "README.txt").write_text("what is this")
    return held


def test_a_folder_is_all_market_files_in_it(folder: Path) -> None:
    assert [file.name for file in files_of([folder])] == ["BTCUSDT-1.csv", "ETHUSDT.csv", "BTCUSDT-2.csv"]
    found = read_bars([folder], None, None)
    assert {symbol: len(candles) for symbol, candles in found.candles.items()} == {"BTC/USDT": 48, "ETH/USDT": 48}


def test_a_pattern_is_all_files_that_match_and_each_file_counts_once(folder: Path) -> None:
    pattern = folder / "**" / "BTC*.csv"
    assert [file.name for file in files_of([pattern, folder / "BTCUSDT-1.csv"])] == ["BTCUSDT-1.csv", "BTCUSDT-2.csv"]
    assert all_exist([pattern, folder])
    assert not all_exist([folder / "LTC*.csv"])
    with pytest.raises(DataFault, match=r"No file matches LTC\*\.csv"):
        files_of([folder / "LTC*.csv"])


def test_a_file_whose_name_is_like_a_pattern_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT[1].csv"
    path.write_text(table())
    assert files_of([path]) == [path]


def test_each_member_of_an_archive_is_a_file(tmp_path: Path) -> None:
    path = packed(tmp_path / "all.zip", BTCUSDT=table(), ETHUSDT=table(), BTCUSDT_later=table(begin=48))
    assert [source.name for source in sources_of([path])] == [
        "all.zip/BTCUSDT.csv", "all.zip/BTCUSDT_later.csv", "all.zip/ETHUSDT.csv",
    ]  # fmt: skip
    found = read_bars([path], None, ["BTC/USDT"])
    assert len(found.candles["BTC/USDT"]) == 96
    assert [file.markets for file in found.files] == [("BTC/USDT",), ("BTC/USDT",)]


def test_the_archive_names_the_market_of_a_member_that_does_not(tmp_path: Path) -> None:
    assert list(read_bars([packed(tmp_path / "BTCUSDT-1h.zip", data=table())], None, None).candles) == ["BTC/USDT"]


def test_archives_that_are_none_or_hold_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no archive at all")
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    (tmp_path / "b.zip").write_bytes(empty.getvalue())
    with pytest.raises(DataFault, match=r"a\.zip cannot be read as a \.zip file"):
        sources_of([tmp_path / "a.zip"])
    with pytest.raises(DataFault, match=r"b\.zip is an empty archive"):
        sources_of([tmp_path / "b.zip"])
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("book.pdf", "x")
    with pytest.raises(DataFault, match=r"c\.zip holds no market file but book\.pdf"):
        sources_of([tmp_path / "c.zip"])


@pytest.mark.parametrize(
    ("minutes", "timeframe"), [(1, Timeframe.M1), (5, Timeframe.M5), (60, Timeframe.H1), (1440, Timeframe.D1)]
)
def test_the_timeframe_is_that_of_the_file(tmp_path: Path, minutes: int, timeframe: Timeframe) -> None:
    (tmp_path / "BTCUSDT.csv").write_text(table(minutes))
    assert timeframe_of_files([tmp_path / "BTCUSDT.csv"], None) is timeframe


def test_files_of_several_timeframes_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT.csv").write_text(table(5, count=600))
    (tmp_path / "ETHUSDT.csv").write_text(table(60))
    with pytest.raises(DataFault) as fault:
        read_bars([tmp_path], None, None)
    assert "BTCUSDT.csv 5m bars (BTC/USDT) and ETHUSDT.csv 1h bars (ETH/USDT)" in str(fault.value)
    assert "--timeframe 1h" in str(fault.value)
    assert read_bars([tmp_path], None, ["ETH/USDT"]).timeframe is Timeframe.H1
    assert {len(candles) for candles in read_bars([tmp_path], Timeframe.H1, None).candles.values()} == {48, 50}


def test_what_was_found_is_one_line_a_file(tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT.csv").write_text(table(5, count=600) + "Total,,,,,7\n")
    ((found,), used) = (read_bars([tmp_path], Timeframe.H1, None)[place] for place in (2, 1))
    assert found.line(used, START_MS, START_MS + 600 * MINUTE_MS) == (
        "BTCUSDT.csv: BTC/USDT, 600 bars of 5m (joined to 1h); 2024-01-01 00:00 to 2024-01-03 02:00; time zone UTC; times of the "
        "open assumed; volume in base assumed; 1 row that is no bar left out; 120 of them warm up"
    )
