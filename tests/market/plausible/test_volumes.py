"""A volume that nobody can have traded is found; that of no real market is."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from config.clock import to_ms
from config.errors import DataFault
from config.reading.load import load_profile
from market.candles import RawCandles
from market.files.bars import read_market_file
from market.plausible.volumes import implausible_volume
from market.tape import recorded_tape
from market.timeframe import Timeframe

FIRST = to_ms(datetime(2024, 1, 1, tzinfo=UTC))


def bars(symbol: str, price: float, volume: float, *, timeframe: Timeframe = Timeframe.H1, n: int = 96) -> RawCandles:
    close_ms = FIRST + timeframe.seconds * 1000 * np.arange(1, n + 1, dtype=np.int64)
    column = np.full(n, price)
    return RawCandles(symbol, timeframe, close_ms, column, column, column, column, np.full(n, volume))


@pytest.mark.parametrize(
    ("symbol", "price", "volume", "says"),
    [
        ("BTC/USDT", 42_000.0, 54e6, "54,432,000,000,000 USDT, which is more than any market trades"),
        ("BTC/USD", 42_000.0, 94_000.0, "more than any market trades"),
        ("BTC/EUR", 42_000.0, 94_000.0, "in EUR and was read as BTC"),
        ("ETH/USD", 2_000.0, 400_000.0, "9,600,000 ETH, which is 8% of all there are"),
        ("BTC/JPY", 6e6, 400_000.0, "more than any market trades"),
        ("ETH/BTC", 0.05, 3e7, "more than any market trades"),
    ],
)
def test_a_volume_in_the_quote_read_as_the_base_is_found(symbol: str, price: float, volume: float, says: str) -> None:
    found = implausible_volume(bars(symbol, price, volume))
    assert found is not None
    assert (found.kind, found.symbol) == ("volume", symbol)
    assert says in found.detail
    assert "--volume base or --volume quote" in found.detail


@pytest.mark.parametrize("timeframe", [Timeframe.M5, Timeframe.H1, Timeframe.H4, Timeframe.D1])
def test_the_length_of_a_bar_does_not_matter(timeframe: Timeframe) -> None:
    share = timeframe.seconds / 86_400
    assert implausible_volume(bars("BTC/USDT", 40_000.0, 2e6 * share, timeframe=timeframe)) is not None
    assert implausible_volume(bars("BTC/USDT", 40_000.0, 3e5 * share, timeframe=timeframe)) is None
    assert implausible_volume(bars("BTC/USDT", 40_000.0, 2e6 * share, timeframe=timeframe, n=2)) is not None


def test_a_day_of_panic_alone_is_not_found_and_bad_rows_do_not_count() -> None:
    once = bars("BTC/USDT", 40_000.0, 5_000.0, n=240)
    once.volume[:24] = 1e6
    once.volume[100] = np.nan
    assert implausible_volume(once) is None
    assert implausible_volume(bars("BTC/USDT", -1.0, 1e12)) is None


def test_a_quote_whose_worth_is_not_known_is_not_judged() -> None:
    assert implausible_volume(bars("AAA/XYZ", 1.0, 1e15)) is None


def test_the_finding_is_one_of_the_tape_and_stops_nothing(tmp_path: Path) -> None:
    rows = ["time,open,high,low,close,volume"]
    rows += [f"{FIRST + hour * 3_600_000},42000,42100,41900,42000,54000000" for hour in range(300)]
    (tmp_path / "BTCUSDT_1h.csv").write_text("\n".join(rows) + "\n")
    tape = recorded_tape(load_profile("backtest"), [tmp_path / "BTCUSDT_1h.csv"], None, None, None)
    assert [finding.kind for finding in tape.findings] == ["volume"]
    assert all(shown.bars and not shown.frozen for shown in tape.slices())


@pytest.mark.slow
def test_no_real_market_is_found(shared: Path) -> None:
    read = 0
    for path in sorted((shared / "ohlcv").glob("[fs]*_1h*/*.parquet")):
        try:
            candles = read_market_file(path, Timeframe.H1, None)
        except DataFault:  # mark prices have no volume
            continue
        read += len(candles)
        assert [found.detail for each in candles.values() if (found := implausible_volume(each))] == []
    assert read > 30
