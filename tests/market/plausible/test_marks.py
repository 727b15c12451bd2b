"""Mark prices: read from files without volume, held against the traded bars, and shown with them."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config.errors import DataFault
from config.reading.load import load_profile
from execution.kernel.grid import grid_of_tape
from market.bar import FundingRate, MarkBar, Slice
from market.candles import RawCandles
from market.files.bars import read_market_files
from market.finer import as_perpetual, with_marks
from market.plausible.marks import FAR, checked_marks
from market.tape import Tape, recorded_tape
from market.timeframe import Timeframe

FIRST_MS = 1_704_067_200_000
HOUR_MS = 3_600_000
SETTINGS = load_profile("perp", {"market.warmup_bars": 200})
N = 260


def table(seed: int = 3, volume: bool = True) -> pd.DataFrame:
    """A walk of `N` hourly bars."""
    close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 1e-3, N)))
    open_ = np.append(100.0, close[:-1])
    high, low = np.maximum(open_, close) * 1.001, np.minimum(open_, close) * 0.999
    times = FIRST_MS + np.arange(N, dtype=np.int64) * HOUR_MS
    columns = {"timestamp": times, "open": open_, "high": high, "low": low, "close": close}
    return pd.DataFrame(columns | ({"volume": np.full(N, 10.0)} if volume else {}))


def written(folder: Path, frame: pd.DataFrame, name: str) -> Path:
    frame.to_parquet(folder / name)
    return folder / name


def session(folder: Path) -> Tape:
    traded = written(folder, table(), "BTCUSDT_perp_1h.parquet")
    return recorded_tape(SETTINGS, [traded], None, None, None)


def marks_of(folder: Path, change: float = 1.0, rows: slice = slice(None)) -> Path:
    frame = table(volume=False)
    frame[["open", "high", "low", "close"]] *= change
    return written(folder, frame.iloc[rows], "BTCUSDT_perp_1h_mark.parquet")


def test_each_bar_shows_its_mark_and_the_label_names_the_file(tmp_path: Path) -> None:
    tape = with_marks(session(tmp_path), [marks_of(tmp_path, 1.001)])
    slices = list(tape.slices())
    assert "mark prices of BTCUSDT_perp_1h_mark.parquet" in tape.source_label
    assert [shown.marks["BTC/USDT"].close for shown in slices] == pytest.approx(
        [shown.bars["BTC/USDT"].close * 1.001 for shown in slices]
    )
    assert slices[0].value_of("BTC/USDT") == slices[0].marks["BTC/USDT"].close
    assert not any(shown.frozen for shown in slices)
    assert tape.findings == ()


def test_the_traded_price_stands_for_marks_that_are_missing_and_it_is_said(tmp_path: Path) -> None:
    tape = with_marks(session(tmp_path), [marks_of(tmp_path, rows=slice(0, -10))])
    last = list(tape.slices())[-1]
    assert last.marks == {}
    assert last.value_of("BTC/USDT") == last.bars["BTC/USDT"].close
    assert [finding.detail for finding in tape.findings] == [
        "10 of 60 bars have no mark price: the traded price stands for it"
    ]


def test_a_session_without_marks_and_funding_has_a_finding_for_each(tmp_path: Path) -> None:
    found = as_perpetual(session(tmp_path)).findings
    assert [finding.kind for finding in found] == ["mark_gap", "funding_gap"]
    tape = replace(
        with_marks(session(tmp_path), [marks_of(tmp_path)]),
        funding={0: (FundingRate(symbol="BTC/USDT", at_utc=datetime(2024, 1, 2, tzinfo=UTC), rate=0.0001),)},
    )
    assert as_perpetual(tape).findings == ()


@pytest.mark.parametrize("column", ["open", "close", "high", "low"])
def test_a_mark_far_from_the_trades_is_not_used_and_nothing_is_opened_there(tmp_path: Path, column: str) -> None:
    frame = table(volume=False)
    there = N - 5
    away = 1 + 1.2 * FAR if column in ("open", "close", "high") else 1 - 1.2 * FAR
    frame.loc[there, column] *= away
    frame.loc[there, "high"] = frame.loc[there, ["open", "high", "close"]].max()
    tape = with_marks(session(tmp_path), [written(tmp_path, frame, "BTCUSDT_mark.parquet")])
    shown = {shown.close_utc: shown for shown in tape.slices()}[
        datetime.fromtimestamp((FIRST_MS + (there + 1) * HOUR_MS) / 1000, UTC)
    ]
    assert shown.marks == {}
    assert "the mark price is more than 5% away" in shown.frozen["BTC/USDT"]
    assert [finding.kind for finding in tape.findings] == ["mark_differs"]


def test_a_traded_wick_far_outside_the_mark_is_usual() -> None:
    """ETH/USDT perpetual, Binance, 2020-03-13 02:00: traded from 323 down to 84.23 while the mark stayed inside."""
    close = np.array([FIRST_MS + HOUR_MS])
    traded = RawCandles("ETH/USDT", Timeframe.H1, close, *(np.array([x]) for x in (96.0, 323.0, 84.23, 111.0, 1e6)))
    mark = RawCandles("ETH/USDT", Timeframe.H1, close, *(np.array([x]) for x in (96.9, 119.5, 96.9, 111.2, 0.0)))
    made = checked_marks(traded, mark, FIRST_MS, FIRST_MS + HOUR_MS)
    assert made.findings == ()
    assert made.marks.at(FIRST_MS + HOUR_MS) == MarkBar(open=96.9, high=119.5, low=96.9, close=111.2)
    assert made.marks.at(FIRST_MS) is None


def test_marks_of_another_unit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match=r"in 60 of 60 bars \(in the middle 0.01 times them\)"):
        with_marks(session(tmp_path), [marks_of(tmp_path, 0.01)])


@pytest.mark.parametrize(
    ("hours", "words"), [(1, "1 h earlier"), (-1, "1 h later"), (3, "3 h earlier"), (-8, "8 h later")]
)
@pytest.mark.parametrize("basis", [0.0, 0.01])
def test_marks_of_another_zone_or_of_the_other_end_of_a_bar_are_refused(
    tmp_path: Path, hours: int, words: str, basis: float
) -> None:
    frame = table(volume=False)
    frame[["open", "high", "low", "close"]] *= 1 + basis
    frame["timestamp"] += hours * HOUR_MS
    path = written(tmp_path, frame, "BTCUSDT_mark.parquet")
    with pytest.raises(DataFault, match=f"move with its trades {words}: their times are of another zone"):
        with_marks(session(tmp_path), [path])


def test_marks_with_noise_of_their_own_belong_to_their_bars(tmp_path: Path) -> None:
    """Half as much noise as the trades move: still nearer at their own times than at any other."""
    frame = table(volume=False)
    noise = np.exp(np.random.default_rng(9).normal(0, 5e-4, N))
    frame["close"] *= noise
    frame["high"] = frame[["high", "close"]].max(axis=1)
    frame["low"] = frame[["low", "close"]].min(axis=1)
    tape = with_marks(session(tmp_path), [written(tmp_path, frame, "BTCUSDT_mark.parquet")])
    assert len(tape.marks["BTC/USDT"].closes_ms) == len(tape)


def test_traded_bars_are_no_marks_and_marks_are_no_traded_bars(tmp_path: Path) -> None:
    traded, marks = tmp_path / "BTCUSDT_perp_1h.parquet", marks_of(tmp_path)
    tape = session(tmp_path)
    with pytest.raises(DataFault, match="holds traded prices"):
        with_marks(tape, [traded])
    with pytest.raises(DataFault, match="given with --marks"):
        read_market_files([marks], Timeframe.H1, None)


def test_marks_with_an_empty_volume_are_taken(tmp_path: Path) -> None:
    frame = table()
    frame["volume"] = 0.0
    tape = with_marks(session(tmp_path), [written(tmp_path, frame, "BTCUSDT_mark.parquet")])
    assert len(tape.marks["BTC/USDT"].closes_ms) == len(tape)


def test_marks_of_other_markets_and_of_another_time_are_refused(tmp_path: Path) -> None:
    tape = session(tmp_path)
    with pytest.raises(DataFault, match="and none of BTC/USDT"):
        with_marks(tape, [written(tmp_path, table(volume=False), "ETHUSDT_mark.parquet")])
    with pytest.raises(DataFault, match="holds no mark price from"):
        with_marks(tape, [marks_of(tmp_path, rows=slice(0, 50))])


def test_finer_marks_are_joined_and_coarser_ones_are_refused(tmp_path: Path) -> None:
    traded = table()
    halves = pd.DataFrame(
        {
            "timestamp": np.repeat(traded["timestamp"], 2) + np.tile([0, HOUR_MS // 2], N),
            **{name: np.repeat(traded[name], 2) for name in ("open", "high", "low", "close")},
        }
    )
    tape = session(tmp_path)
    fine = with_marks(tape, [written(tmp_path, halves, "BTCUSDT_30m_mark.parquet")])
    shown = next(fine.slices())
    assert shown.marks["BTC/USDT"].high == shown.bars["BTC/USDT"].high
    coarse = traded.iloc[::4].drop(columns="volume")
    with pytest.raises(DataFault, match="holds 4h bars"):
        with_marks(tape, [written(tmp_path, coarse, "BTCUSDT_4h_mark.parquet")])


def test_slices_of_spot_know_nothing_of_marks() -> None:
    assert "marks" not in Slice(close_utc=datetime(2024, 1, 1, tzinfo=UTC), bars={}).model_dump_json()


def test_the_fast_engine_reads_the_trades_as_marks_where_no_mark_is_known(tmp_path: Path) -> None:
    columns = grid_of_tape(session(tmp_path)).columns
    assert columns.contracts is not None
    assert (columns.contracts.marks == columns.prices[:4])[:, columns.state > 0].all()
