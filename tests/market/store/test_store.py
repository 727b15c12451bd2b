"""A store of bars: what is written comes out again, whole after a kill, readable by others, and never silently replaced."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import DataFault, UsageFault
from market.candles import RawCandles
from market.files.bars import read_bars
from market.store.asked import Span, add_span, missing, spans_asked, union
from market.store.parquet import Written, read_shelf, write_shelf
from market.store.shelves import Shelf, meant, shelf, shelf_of, shelves_in
from market.timeframe import Timeframe

BTC = Shelf("binance", "BTC/USDT", Timeframe.H1)
HOUR_MS = 3_600_000
END_OF_YEAR_MS = 1_704_067_200_000
"""2024-01-01 00:00 UTC."""


def bars(first: int, count: int, price: float = 100.0, shelf: Shelf = BTC) -> RawCandles:
    """Bars from `first` hours after the turn of the year on."""
    length = shelf.timeframe.seconds * 1000
    close_ms = END_OF_YEAR_MS + (first + 1 + np.arange(count, dtype=np.int64)) * length
    close = price + np.arange(count) * 0.25
    return RawCandles(shelf.symbol, shelf.timeframe, close_ms, close, close + 1, close - 1, close + 0.5, close * 0 + 3)


def test_bars_come_out_as_they_went_in_one_file_a_year(tmp_path: Path) -> None:
    given_bars = bars(-30, 60)
    assert write_shelf(tmp_path, BTC, given_bars) == Written(60, 0, 0)
    held = read_shelf(BTC.folder(tmp_path), BTC)
    assert np.array_equal(held.close_ms, given_bars.close_ms)
    assert all(np.array_equal(a, b) for a, b in zip(held.columns, given_bars.columns, strict=True))
    assert sorted(path.parent.name for path in tmp_path.rglob("*.parquet")) == ["year=2023", "year=2024"]


def test_other_programs_read_the_store_as_one_table(tmp_path: Path) -> None:
    write_shelf(tmp_path, BTC, bars(-30, 60))
    frame = pd.read_parquet(tmp_path)
    assert set(frame.columns) >= {"open_time", "close", "volume", "exchange", "symbol", "timeframe", "year"}
    assert len(frame) == 60
    assert str(frame["open_time"].dt.tz) == "UTC"


def test_a_bad_print_is_kept_for_the_monitor(tmp_path: Path) -> None:
    odd = bars(0, 3)
    odd.low[1], odd.close[2] = 0.0001, np.nan
    write_shelf(tmp_path, BTC, odd)
    held = read_shelf(BTC.folder(tmp_path), BTC)
    assert held.low[1] == 0.0001
    assert np.isnan(held.close[2])
    assert write_shelf(tmp_path, BTC, odd) == Written(0, 3, 0)


def test_a_stored_bar_stays_unless_replacing_is_asked_for(tmp_path: Path) -> None:
    write_shelf(tmp_path, BTC, bars(0, 10))
    other = bars(5, 10, price=900.0)
    assert write_shelf(tmp_path, BTC, other) == Written(5, 0, 5)
    assert read_shelf(BTC.folder(tmp_path), BTC).close[5] == bars(0, 10).close[5]
    assert write_shelf(tmp_path, BTC, other, replace=True) == Written(0, 5, 5)
    assert read_shelf(BTC.folder(tmp_path), BTC).close[5] == 900.5


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(1, 200)), min_size=1, max_size=6))
def test_any_pieces_in_any_order_become_one_series(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, int]]
) -> None:
    store = tmp_path_factory.mktemp("store")
    for first, count in pieces:
        write_shelf(store, BTC, bars(first, count))
    held = read_shelf(BTC.folder(store), BTC)
    hours = sorted({hour for first, count in pieces for hour in range(first, first + count)})
    assert held.close_ms.tolist() == [END_OF_YEAR_MS + (hour + 1) * HOUR_MS for hour in hours]


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    write_shelf(tmp_path, BTC, bars(0, 5))
    file = next(tmp_path.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-30])
    before = file.read_bytes()
    with pytest.raises(DataFault, match=r"year=2024/bars\.parquet cannot be read"):
        write_shelf(tmp_path, BTC, bars(5, 5))
    assert file.read_bytes() == before


def test_names_that_are_no_folders_are_refused() -> None:
    for exchange, symbol in (
        ("../x", "BTC/USDT"),
        ("Binance", "BTC/USDT"),
        ("binance", "BTC/USDT:USDT"),
        ("binance", ".."),
    ):
        with pytest.raises(UsageFault):
            shelf(exchange, symbol, Timeframe.H1)


def test_a_folder_says_whose_bars_it_holds(tmp_path: Path) -> None:
    write_shelf(tmp_path, BTC, bars(0, 5))
    assert shelf_of(BTC.folder(tmp_path)) == BTC
    assert shelves_in(tmp_path) == [(BTC, BTC.folder(tmp_path))]
    assert shelf_of(tmp_path) is None
    assert shelf_of(tmp_path / "exchange=a" / "symbol=B-C" / "timeframe=2h") is None


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Bitcoin in hours and days, ether in hours, on one exchange."""
    for place in (BTC, BTC._replace(timeframe=Timeframe.D1), BTC._replace(symbol="ETH/USDT")):
        write_shelf(tmp_path, place, bars(0, 48, shelf=place))
    return tmp_path


def test_a_command_finds_the_markets_that_it_means(store: Path) -> None:
    hours = [folder.parts[-2:] for folder in meant(store, ["BTCUSDT", "ETH/USDT"], Timeframe.H1, None)]
    assert hours == [("symbol=BTC-USDT", "timeframe=1h"), ("symbol=ETH-USDT", "timeframe=1h")]
    assert meant(store, ["ETH/USDT"], Timeframe.H4, None) == [BTC._replace(symbol="ETH/USDT").folder(store)]
    assert len(meant(store, None, Timeframe.H1, "binance")) == 2


@pytest.mark.parametrize(
    ("symbols", "timeframe", "exchange", "told"),
    [
        (["SOL/USDT"], None, None, "SOL/USDT is not in the store, which has BTC/USDT, ETH/USDT"),
        (["BTC/USDT"], None, None, "in bars of 1h, 1d, and a session has one timeframe"),
        (["ETH/USDT"], Timeframe.M5, None, "5m cannot be made of coarser ones"),
        (["ETH/USDT"], None, "kraken", "no bars of 'kraken', but of binance"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    store: Path, symbols: list[str], timeframe: Timeframe | None, exchange: str | None, told: str
) -> None:
    with pytest.raises((DataFault, UsageFault), match=told):
        meant(store, symbols, timeframe, exchange)


def test_bars_of_several_exchanges_are_not_mixed(store: Path) -> None:
    write_shelf(store, BTC._replace(exchange="kraken"), bars(0, 5))
    with pytest.raises(DataFault, match="choose with --exchange"):
        meant(store, None, Timeframe.H1, None)
    assert len(meant(store, ["BTC/USDT"], Timeframe.H1, "kraken")) == 1


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="Fill it with tribunal download"):
        meant(tmp_path, None, None, None)


def test_a_store_is_read_as_data_with_a_line_a_market(store: Path) -> None:
    found = read_bars([BTC.folder(store), BTC._replace(symbol="ETH/USDT").folder(store)], None, None)
    assert [file.name for file in found.files] == ["binance BTC/USDT 1h", "binance ETH/USDT 1h"]
    assert found.files[0].line(Timeframe.H1) == (
        "binance BTC/USDT 1h: BTC/USDT, 48 bars of 1h; 2024-01-01 00:00 to 2024-01-03 00:00; time zone UTC; "
        "times of the open; volume in base"
    )
    assert np.array_equal(found.candles["BTC/USDT"].close, bars(0, 48).close)


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda at: Span(at[0], at[0] + at[1])), max_size=8
)


@given(spans, st.integers(0, 60), st.integers(1, 30))
def test_what_is_missing_is_what_was_not_asked_for(asked: list[Span], begin: int, length: int) -> None:
    wanted = Span(begin, begin + length)
    left = {ms for span in missing(wanted, asked) for ms in range(*span)}
    assert left == set(range(*wanted)) - {ms for span in asked for ms in range(*span)}
    joined = union(asked)
    assert all(a.end_ms < b.begin_ms for a, b in pairwise(joined))


def test_spans_are_kept_and_a_damaged_note_counts_as_none(tmp_path: Path) -> None:
    add_span(tmp_path, Span(0, 10))
    add_span(tmp_path, Span(10, 20))
    assert spans_asked(tmp_path) == [Span(0, 20)]
    (tmp_path / "asked.json").write_text(json.dumps({"asked_ms": [[0]]}))
    assert spans_asked(tmp_path) == []
