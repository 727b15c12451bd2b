"""Tables out of files: every format says the same, banners are stepped over, and what is no table is refused in words."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from config.errors import DataFault
from market.files.frames import read_frame, symbol_of_file

FRAME = pd.DataFrame(
    {
        "time": [1, 2],
        "open": [1.0, 2.0],
        "high": [3.0, 4.0],
        "low": [0.5, 1.5],
        "close": [2.0, 3.0],
        "volume": [7.0, 8.0],
    }
)


def write(path: Path, frame: pd.DataFrame = FRAME, above: str = "") -> Path:
    name = path.name.lower()
    if name.endswith(".parquet"):
        frame.to_parquet(path)
    elif name.endswith((".feather", ".ft")):
        frame.to_feather(path)
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress((above + frame.to_csv(index=False)).encode()))
    else:
        path.write_text(above + frame.to_csv(index=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.ft", "a.csv", "a.csv.gz", "A.CSV", "A.PARQUET"])
def test_every_format_gives_the_same_table(tmp_path: Path, name: str) -> None:
    pd.testing.assert_frame_equal(read_frame(write(tmp_path / name)), FRAME)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("lines", [1, 2, 4])
def test_banner_lines_above_the_header_are_stepped_over(tmp_path: Path, name: str, lines: int) -> None:
    banner = "".join(f"https://example.org/line/{number}\n" for number in range(lines))
    pd.testing.assert_frame_equal(read_frame(write(tmp_path / name, above=banner)), FRAME)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FRAME.to_csv(index=False), encoding="utf-8-sig")
    assert list(read_frame(tmp_path / "a.csv").columns) == list(FRAME.columns)


def test_what_pandas_noted_of_an_index_is_a_plain_column(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2024-01-01T00:00:00Z", "2024-01-01T05:00:00Z"])
    FRAME.assign(time=moments).set_index("time").to_parquet(tmp_path / "a.parquet")
    found = read_frame(tmp_path / "a.parquet")
    assert set(found.columns) == set(FRAME.columns)
    assert found["time"].tolist() == moments.tolist()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.parquet", b"", "is empty (0 bytes)"),
        ("a.parquet", b"no parquet at all", "cannot be read as a "),
        ("a.feather", b"no feather at all", "cannot be read as a "),
        ("a.csv.gz", b"not zipped", "cannot be read as a "),
        ("a.csv", b"\xff\xfe\x00\x01 time,open", "cannot be read as a "),
        ("a.xlsx", b"PK", "is not a market file"),
        ("a", b"time,open", "is not a market file"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataFault) as fault:
        read_frame(tmp_path / name)
    assert says in str(fault.value)
    assert str(tmp_path) not in str(fault.value), "the path of a machine is nobody's business"


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.csv.gz").read_bytes()
    (tmp_path / "half.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataFault, match="cannot be read as a "):
        read_frame(tmp_path / "half.csv.gz")


def test_a_folder_and_nothing_at_all_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="is a folder"):
        read_frame(tmp_path)
    with pytest.raises(DataFault, match=r"There is no file gone\.csv"):
        read_frame(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("name", "only", "symbol"),
    [
        ("binance_BTCUSDT_1h.parquet", None, "BTC/USDT"),
        ("binance_BTCUSDT_1h.parquet", "ETH/USDT", "BTC/USDT"),
        ("bars.csv.gz", "ETH/USDT", "ETH/USDT"),
    ],
)
def test_the_name_of_a_file_tells_its_market_before_its_user_does(name: str, only: str | None, symbol: str) -> None:
    assert symbol_of_file(Path(name), only) == symbol


def test_a_file_of_which_nobody_says_the_market_is_refused() -> None:
    with pytest.raises(DataFault, match=r"Neither a column nor the name of bars\.csv"):
        symbol_of_file(Path("bars.csv"), None)


def test_a_name_that_can_mean_two_markets_is_asked_about_and_the_user_decides() -> None:
    with pytest.raises(DataFault, match=r"can mean AR/BUSD or ARB/USD: it was not read; say which with --symbols"):
        symbol_of_file(Path("kraken_ARBUSD_1h.csv"), None)
    assert symbol_of_file(Path("kraken_ARBUSD_1h.csv"), "ARB/USD") == "ARB/USD"
    assert symbol_of_file(Path("kraken_usd_btc.csv"), ["ETH/USD", "BTC/USD"]) == "BTC/USD"
