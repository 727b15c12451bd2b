"""Market files as they really come: spellings, units, order, banners, copies, and what is refused."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config.clock import from_ms
from config.errors import DataFault
from market.files.bars import read_market_file, read_market_files
from market.timeframe import Timeframe

HOUR_MS = 3_600_000
START_MS = 1_704_067_200_000  # 2024-01-01 00:00 UTC


def frame(n: int = 48, step_ms: int = HOUR_MS) -> pd.DataFrame:
    close = 100.0 + np.arange(n)
    return pd.DataFrame(
        {
            "timestamp": START_MS + step_ms * np.arange(n, dtype=np.int64),
            "open": close - 0.5,
            "high": close + 1.0,
            "low": close - 1.0,
            "close": close,
            "volume": 1.0 + np.arange(n),
        }
    )


def written(folder: Path, table: pd.DataFrame, name: str = "binance_BTCUSDT_1h.csv") -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        table.to_parquet(path)
    elif name.endswith(".feather"):
        table.to_feather(path)
    else:
        table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["BTCUSDT.parquet", "BTCUSDT.feather", "BTCUSDT.csv", "BTCUSDT.csv.gz"])
def test_every_format_gives_the_same_bars_closed_one_bar_after_their_time(tmp_path: Path, name: str) -> None:
    bars = read_market_file(written(tmp_path, frame(), name), Timeframe.H1, None)
    assert list(bars) == ["BTC/USDT"]
    candles = bars["BTC/USDT"]
    assert candles.close_ms.tolist() == (frame()["timestamp"] + HOUR_MS).tolist()
    assert candles.close.tolist() == frame()["close"].tolist()
    assert candles.volume.dtype == np.float64
    assert candles.findings == ()


@pytest.mark.parametrize("divisor", [1000, 1, 0.001, 0.000001])
def test_seconds_milliseconds_microseconds_and_nanoseconds_are_told_apart(tmp_path: Path, divisor: float) -> None:
    table = frame()
    table["timestamp"] = (table["timestamp"] / divisor).astype("int64")
    candles = read_market_file(written(tmp_path, table), Timeframe.H1, None)["BTC/USDT"]
    assert candles.close_ms[0] == START_MS + HOUR_MS
    assert len(candles) == 48


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%d %I-%p"]
)
def test_text_times_are_read_and_naive_ones_are_utc(tmp_path: Path, form: str) -> None:
    table = frame().rename(columns=str.title).rename(columns={"Timestamp": "Date"})
    table["Date"] = pd.to_datetime(table["Date"], unit="ms").dt.strftime(form)
    candles = read_market_file(written(tmp_path, table), Timeframe.H1, None)["BTC/USDT"]
    assert candles.close_ms[0] == START_MS + HOUR_MS
    assert len(candles) == 48


def test_an_offset_in_a_text_time_is_obeyed(tmp_path: Path) -> None:
    table = frame()
    moments = pd.to_datetime(table["timestamp"], unit="ms", utc=True).dt.tz_convert("Asia/Tokyo")
    table["timestamp"] = moments.dt.strftime("%Y-%m-%dT%H:%M:%S%z")
    assert read_market_file(written(tmp_path, table), Timeframe.H1, None)["BTC/USDT"].close_ms[0] == START_MS + HOUR_MS


def test_month_first_dates_are_refused_since_nobody_can_tell_them_from_day_first(tmp_path: Path) -> None:
    table = frame(step_ms=24 * HOUR_MS)
    table["timestamp"] = pd.to_datetime(table["timestamp"], unit="ms").dt.strftime("%m/%d/%Y")
    with pytest.raises(DataFault, match="Say the order with --dates dmy or --dates mdy"):
        read_market_file(written(tmp_path, table), Timeframe.D1, None)


def test_a_banner_line_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x_BTCUSD_h.csv"
    path.write_text("Created on 10-17-2019,https://example.org\n" + frame().to_csv(index=False))
    assert len(read_market_file(path, Timeframe.H1, None)["BTC/USD"]) == 48


def test_a_newest_first_file_is_turned_round_and_says_so(tmp_path: Path) -> None:
    candles = read_market_file(written(tmp_path, frame()[::-1]), Timeframe.H1, None)["BTC/USDT"]
    assert candles.close.tolist() == frame()["close"].tolist()
    assert [finding.kind for finding in candles.findings] == ["disorder"]


def test_copies_that_agree_count_once_and_copies_that_do_not_are_both_refused(tmp_path: Path) -> None:
    table = frame(200)
    liar = table.iloc[[20]].assign(close=table.close[20] - 0.9)
    table = pd.concat([table.iloc[:11], table.iloc[[10]], table.iloc[11:21], liar, table.iloc[21:]])
    candles = read_market_file(written(tmp_path, table), Timeframe.H1, None)["BTC/USDT"]
    assert len(candles) == 199
    assert START_MS + 21 * HOUR_MS not in candles.close_ms
    assert sorted(finding.kind for finding in candles.findings) == ["duplicate", "duplicate"]


def test_a_few_bad_prices_stay_for_the_quality_monitor_to_judge(tmp_path: Path) -> None:
    table = frame(100)
    table.loc[7, "close"] = np.nan
    candles = read_market_file(written(tmp_path, table), Timeframe.H1, None)["BTC/USDT"]
    assert len(candles) == 100
    assert not candles.sound()[7]
    assert candles.sound().sum() == 99


@pytest.mark.parametrize(
    ("column", "value"), [("close", np.nan), ("low", 0.0), ("high", 1.0), ("volume", -1.0), ("timestamp", -5)]
)
def test_more_than_a_twentieth_of_bad_rows_refuses_the_file(tmp_path: Path, column: str, value: float) -> None:
    table = frame(100)
    table.loc[10:15, column] = value
    with pytest.raises(DataFault, match=r"of the 100 rows of BTC/USDT in binance_BTCUSDT_1h.csv are bad"):
        read_market_file(written(tmp_path, table), Timeframe.H1, None)


def test_finer_bars_are_resampled_and_coarser_ones_refused(tmp_path: Path) -> None:
    path = written(tmp_path, frame())
    assert read_market_file(path, Timeframe.H4, None)["BTC/USDT"].close.tolist() == [103.0 + 4 * i for i in range(12)]
    with pytest.raises(DataFault, match="holds 1h bars, but 15m bars are requested"):
        read_market_file(path, Timeframe.M15, None)


def test_bad_rows_that_are_left_out_of_coarser_bars_are_told_of(tmp_path: Path) -> None:
    table = frame(240)
    table.loc[[30, 50, 51], "close"] = np.nan
    candles = read_market_file(written(tmp_path, table), Timeframe.D1, None)["BTC/USDT"]
    assert len(candles) == 10
    (finding,) = candles.findings
    assert (finding.kind, finding.at_utc) == ("inconsistent", from_ms(START_MS + 30 * HOUR_MS))
    assert finding.detail == (
        "binance_BTCUSDT_1h.csv: 3 of 240 rows are not finite, positive and in order: left out of the 1d bars"
    )


@pytest.mark.parametrize(("hours", "days"), [(12, 10), (11, 9), (1, 9)])
def test_a_coarse_bar_with_fewer_than_half_of_its_fine_ones_is_left_out(tmp_path: Path, hours: int, days: int) -> None:
    path = written(tmp_path, frame(240).drop(index=range(72 + hours, 96)))
    candles = read_market_file(path, Timeframe.D1, None)["BTC/USDT"]
    assert len(candles) == days
    assert (START_MS + 96 * HOUR_MS in candles.close_ms) is (days == 10)
    told = [(finding.kind, finding.at_utc, finding.detail) for finding in candles.findings]
    lost = "binance_BTCUSDT_1h.csv: 1 1d bars have fewer than half of their 1h bars: left out"
    assert told == ([("gap", from_ms(START_MS + 72 * HOUR_MS), lost)] if days == 9 else [])


def test_a_bar_length_that_is_no_timeframe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="7,200 s apart"):
        read_market_file(written(tmp_path, frame(step_ms=2 * HOUR_MS)), Timeframe.H4, None)


def test_a_panel_yields_the_wanted_symbols_in_the_asked_order(tmp_path: Path) -> None:
    panel = pd.concat([frame().assign(symbol=name) for name in ("BTCUSDT", "eth-usdt", "AAPL")])
    path = written(tmp_path, panel, "panel.parquet")
    bars = read_market_file(path, Timeframe.H1, ["ETHUSDT", "BTC/USDT"])
    assert list(bars) == ["ETH/USDT", "BTC/USDT"]
    assert all(len(candles) == 48 for candles in bars.values())
    with pytest.raises(DataFault, match="'AAPL', which is not a BASE/QUOTE market"):
        read_market_file(path, Timeframe.H1, None)
    with pytest.raises(DataFault, match=r"LTC/USDT is not in panel\.parquet, which has AAPL, BTC/USDT, ETH/USDT"):
        read_market_file(path, Timeframe.H1, ["LTC/USDT"])


def test_the_only_wanted_symbol_names_a_file_that_says_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, frame(), "prices.csv")
    assert list(read_market_file(path, Timeframe.H1, ["SOL/USDT"])) == ["SOL/USDT"]
    with pytest.raises(DataFault, match="says which market it holds"):
        read_market_file(path, Timeframe.H1, None)


def test_a_wrong_symbol_does_not_rename_a_file_that_says_its_own(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"BTC/USDC is not in .* did you mean BTC/USDT\?"):
        read_market_file(written(tmp_path, frame()), Timeframe.H1, ["BTC/USDC"])


def test_monthly_files_of_one_symbol_are_joined(tmp_path: Path) -> None:
    later = written(tmp_path, frame()[24:], "BTCUSDT-2.csv")
    earlier = written(tmp_path, frame()[:30], "BTCUSDT-1.csv")
    candles = read_market_files([later, earlier], Timeframe.H1, None)["BTC/USDT"]
    assert candles.close.tolist() == frame()["close"].tolist()


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    (tmp_path / "empty_BTCUSDT.csv").touch()
    (tmp_path / "fake_BTCUSDT.parquet").write_text("not parquet")
    (tmp_path / "fake_BTCUSDT.csv").write_bytes(b"\xff\xfe\x00\x81" * 50)
    (tmp_path / "cut_BTCUSDT.csv.gz").write_bytes(gzip.compress(frame(4000).to_csv().encode())[:-2000])
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "other_BTCUSDT.csv").write_text("date,price\n2024-01-01,5\n")
    written(tmp_path, frame(0), "none_BTCUSDT.parquet")
    written(tmp_path, frame(1), "one_BTCUSDT.parquet")
    for name, words in {
        "missing.parquet": "There is no file missing.parquet",
        "empty_BTCUSDT.csv": "empty",
        "fake_BTCUSDT.parquet": "cannot be read as a ",
        "fake_BTCUSDT.csv": "cannot be read as a ",
        "cut_BTCUSDT.csv.gz": "cannot be read as a ",
        "notes.txt": "is not a market file",
        "other_BTCUSDT.csv": r"no column for open, high, low, close, volume \(it has date, price\)",
        "none_BTCUSDT.parquet": "holds no rows",
        "one_BTCUSDT.parquet": "holds one row",
    }.items():
        with pytest.raises(DataFault, match=words) as fault:
            read_market_file(tmp_path / name, Timeframe.H1, None)
        assert str(tmp_path) not in str(fault.value)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataFault, match="empty is a folder without market files"):
        read_market_file(tmp_path / "empty", Timeframe.H1, None)


def test_cryptodatadownload_files_with_their_faults_are_read(shared: Path) -> None:
    folder = shared / "ohlcv" / "raw_vendor_csv"
    binance = read_market_file(folder / "cdd_Binance_BTCUSDT_1h.csv.gz", Timeframe.H1, None)["BTC/USDT"]
    kinds = [finding.kind for finding in binance.findings]
    assert kinds == ["disorder", "duplicate", "duplicate"]
    assert (np.diff(binance.close_ms) > 0).all()
    assert from_ms(int(binance.close_ms[0])).isoformat() == "2017-08-17T05:00:00+00:00"
    gemini = read_market_file(folder / "cdd_gemini_BTCUSD_1hr.csv.gz", Timeframe.H1, None)["BTC/USD"]
    assert (len(gemini), int((~gemini.sound()).sum())) == (45_825, 1)
    kraken = read_market_file(folder / "cdd_Kraken_BTCUSD_d.csv.gz", Timeframe.D1, None)["BTC/USD"]
    assert (len(kraken), kraken.close[-1]) == (2191, 8030.3)


def test_five_minute_bars_resampled_equal_the_exchanges_own_hours(shared: Path) -> None:
    folder = shared / "ohlcv"
    made = read_market_file(folder / "futures_5m" / "binance_BTCUSDT_perp_5m.parquet", Timeframe.H1, None)["BTC/USDT"]
    own = read_market_file(folder / "futures_1h" / "binance_BTCUSDT_perp_1h_trade.parquet", Timeframe.H1, None)
    rows = np.isin(own["BTC/USDT"].close_ms, made.close_ms)
    assert rows.sum() == len(made) == 11_991
    for mine, theirs in zip(made.columns[:4], own["BTC/USDT"].columns[:4], strict=True):
        assert np.array_equal(mine, theirs[rows])
    volume = own["BTC/USDT"].volume[rows]
    assert (np.abs(made.volume - volume) > 1e-9 * volume).sum() == 1  # one hour is 8 % short in the five-minute file


def test_a_mark_price_file_without_volume_is_refused(shared: Path) -> None:
    with pytest.raises(DataFault, match="no column for volume"):
        read_market_file(shared / "ohlcv/futures_1h/binance_BTCUSDT_perp_1h_mark.parquet", Timeframe.H1, None)
