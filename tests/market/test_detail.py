"""Finer bars inside bars: read from files, held against the bars, and laid out in parts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from config.errors import DataFault, UsageFault
from config.reading.load import load_profile
from execution.kernel.grid import grid_of_tape
from market.bar import Bar, Detail, MarkBar, Part, Slice
from market.candles import RawCandles
from market.files.bars import read_finer_files, read_market_files
from market.finer import with_detail
from market.plausible.detail import TOLERANCE, checked, narrowed, steps_of
from market.tape import Tape, recorded_tape
from market.timeframe import Timeframe

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
FIRST_MS = 1_704_067_200_000
SETTINGS = load_profile("backtest", {"market.warmup_bars": 200})
EARLIEST, LATEST = 0, 2**60


def table(n: int, step: Timeframe = Timeframe.M5, seed: int = 3) -> pd.DataFrame:
    """A walk of `n` finer bars, each of which opens where the last one closed."""
    close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 1e-3, n)))
    open_ = np.append(100.0, close[:-1])
    times = FIRST_MS + np.arange(n, dtype=np.int64) * step.seconds * 1000
    high, low = np.maximum(open_, close) * 1.001, np.minimum(open_, close) * 0.999
    columns = {"timestamp": times, "open": open_, "high": high, "low": low, "close": close}
    return pd.DataFrame({**columns, "volume": np.arange(1.0, n + 1)})


def written(folder: Path, frame: pd.DataFrame, name: str = "binance_BTCUSDT_5m.parquet") -> Path:
    frame.to_parquet(folder / name)
    return folder / name


def pair(folder: Path, hours: int = 4) -> tuple[RawCandles, RawCandles]:
    """Hourly bars, and the 5-minute bars of which they are made."""
    path = written(folder, table(12 * hours))
    base = read_market_files([path], Timeframe.H1, None)["BTC/USDT"]
    return base, read_finer_files([path], Timeframe.H1, ["BTC/USDT"])["BTC/USDT"]


def without(candles: RawCandles, *rows: int) -> RawCandles:
    keep = ~np.isin(np.arange(len(candles)), rows)
    columns = (column[keep] for column in candles.columns)
    return RawCandles(candles.symbol, candles.timeframe, candles.close_ms[keep], *columns)


def test_all_finer_bars_of_a_bar_are_handed_out_in_order_and_of_no_other(tmp_path: Path) -> None:
    base, fine = pair(tmp_path)
    found, findings = checked(base, fine, EARLIEST, LATEST)
    assert findings == ()
    rows = found.inside(int(base.close_ms[1]))
    assert rows is not None
    assert [row[4] for row in rows] == [float(number) for number in range(13, 25)]
    assert found.inside(int(base.close_ms[1]) + 1) is None
    assert found.inside(int(base.close_ms[-1]) + 3_600_000) is None


def test_a_bar_with_a_gap_inside_is_left_alone_and_counted(tmp_path: Path) -> None:
    base, fine = pair(tmp_path)
    found, (finding,) = checked(base, without(fine, 13, 14, 40), EARLIEST, LATEST)
    assert [found.inside(int(ms)) is None for ms in base.close_ms] == [False, True, False, True]
    assert finding.kind == "detail_gap"
    assert finding.at_utc == FIRST + timedelta(hours=2)
    assert "inside 2 of 4 bars of 1h" in finding.detail


def test_an_unsound_finer_bar_is_a_gap(tmp_path: Path) -> None:
    base, fine = pair(tmp_path)
    fine.low[30] = np.nan
    found, (finding,) = checked(base, fine, EARLIEST, LATEST)
    assert (finding.kind, len(found.closes_ms)) == ("detail_gap", 3)


@pytest.mark.parametrize(
    ("column", "row", "sign"), [("open", 12, 1), ("high", 15, 1), ("low", 15, -1), ("close", 23, 1)]
)
def test_finer_bars_that_tell_something_else_are_not_used(tmp_path: Path, column: str, row: int, sign: int) -> None:
    base, fine = pair(tmp_path)
    reference = getattr(base, column)[1]
    for share, agrees in ((0.9 * TOLERANCE, True), (1.1 * TOLERANCE, False)):
        changed = getattr(fine, column).copy()
        changed[row] = reference * (1 + sign * share)
        other = replace(fine, **{column: changed})
        if column in ("open", "close"):
            other = replace(other, high=np.maximum(other.high, changed), low=np.minimum(other.low, changed))
        found, findings = checked(base, other, EARLIEST, LATEST)
        assert (found.inside(int(base.close_ms[1])) is not None) is agrees
        assert [finding.kind for finding in findings] == ([] if agrees else ["detail_differs"])


@pytest.mark.parametrize(
    ("times", "agrees"), [(1.009, True), (1.011, False), (0.989, False), (1000.0, False), (0.0, False)]
)
def test_finer_bars_that_trade_another_amount_are_not_used(tmp_path: Path, times: float, agrees: bool) -> None:
    base, fine = pair(tmp_path)
    found, findings = checked(base, replace(fine, volume=fine.volume * times), EARLIEST, LATEST)
    assert (found.inside(int(base.close_ms[1])) is not None) is agrees
    assert [finding.kind for finding in findings] == ([] if agrees else ["detail_differs"])


def test_finer_bars_that_do_not_reach_the_low_are_not_used_to_hide_it(tmp_path: Path) -> None:
    base, fine = pair(tmp_path)
    low = base.low.copy()
    low[2] *= 0.9
    found, (finding,) = checked(replace(base, low=low), fine, EARLIEST, LATEST)
    assert found.inside(int(base.close_ms[2])) is None
    assert finding.kind == "detail_differs"


def test_files_of_different_lengths_are_brought_to_the_coarsest(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, table(240, Timeframe.M1), "BTCUSDT_1m.parquet"),
        written(tmp_path, table(48, Timeframe.M5), "ETHUSDT_5m.parquet"),
    ]
    found = read_finer_files(paths, Timeframe.H1, ["ETH/USDT", "BTC/USDT", "SOL/USDT"])
    assert list(found) == ["ETH/USDT", "BTC/USDT"]
    assert {candles.timeframe for candles in found.values()} == {Timeframe.M5}


def test_bars_that_are_not_finer_and_other_markets_are_refused_in_words(tmp_path: Path) -> None:
    path = written(tmp_path, table(48))
    with pytest.raises(DataFault, match="holds 5m bars, which are not finer than the 5m bars of the session"):
        read_finer_files([path], Timeframe.M5, ["BTC/USDT"])
    with pytest.raises(DataFault, match="holds none of ETH/USDT, SOL/USDT, but BTC/USDT: nothing was started"):
        read_finer_files([path], Timeframe.H1, ["ETH/USDT", "SOL/USDT"])


def recorded(folder: Path, hours: int = 300) -> tuple[Tape, Path]:
    path = written(folder, table(12 * hours))
    return recorded_tape(SETTINGS, [path], None, FIRST + timedelta(hours=290), None), path


def test_a_tape_told_finer_shows_the_same_bars_and_says_out_of_which_files(tmp_path: Path) -> None:
    tape, path = recorded(tmp_path)
    told = with_detail(tape, [path])
    shown = list(told.slices())
    assert [each.model_copy(update={"detail": None}) for each in shown] == list(tape.slices())
    assert all(each.detail is not None and len(each.detail.bars["BTC/USDT"]) == 12 for each in shown)
    assert told.source_label == "binance_BTCUSDT_5m.parquet, inside the bars binance_BTCUSDT_5m.parquet"
    assert all(each.detail is None for each in told.warmup_slices())
    assert [each.canonical() for each in told.slices()] == [each.canonical() for each in shown]


def test_markets_that_are_not_told_finer_are_named(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, table(3600, seed=seed), f"{base}USDT.parquet") for seed, base in ((3, "BTC"), (4, "ETH"))
    ]
    tape = recorded_tape(SETTINGS, paths, None, FIRST + timedelta(hours=290), None)
    told = with_detail(tape, paths[:1])
    assert [(finding.symbol, finding.kind) for finding in told.findings] == [("ETH/USDT", "detail_gap")]
    assert all(each.detail is not None and set(each.detail.bars) == {"BTC/USDT"} for each in told.slices())


def test_finer_bars_of_another_time_are_refused(tmp_path: Path) -> None:
    tape, _ = recorded(tmp_path)
    (tmp_path / "early").mkdir()
    early = written(tmp_path / "early", table(1200))
    with pytest.raises(
        DataFault, match=r"has finer bars for no bar of the session .*missing or unsound inside 10 of 10 bars"
    ):
        with_detail(tape, [early])


def test_what_was_first_known_inside_a_bar_is_in_no_earlier_slice(tmp_path: Path) -> None:
    tape, path = recorded(tmp_path)
    whole = [each.canonical() for each in with_detail(tape, [path]).slices()]
    (tmp_path / "cut").mkdir()
    cut = written(tmp_path / "cut", table(3600).iloc[: 12 * 295])
    early = [each.canonical() for each in with_detail(tape, [cut]).slices()]
    assert early[:5] == whole[:5]
    assert early[5:] != whole[5:]


def test_the_fast_engine_refuses_bars_that_are_told_finer(tmp_path: Path) -> None:
    tape, path = recorded(tmp_path)
    grid_of_tape(tape)
    with pytest.raises(UsageFault, match="no bars finer than the timeframe"):
        grid_of_tape(with_detail(tape, [path]))


def bar(symbol: str, close: float = 100.0) -> Bar:
    at = FIRST + timedelta(hours=1)
    return Bar(symbol=symbol, timeframe=Timeframe.H1, close_utc=at, open=100, high=110, low=90, close=close, volume=4)


HALVES = ((100.0, 110.0, 100.0, 105.0, 2.0), (105.0, 105.0, 90.0, 100.0, 2.0))


def two() -> Slice:
    return Slice(
        close_utc=FIRST + timedelta(hours=1),
        bars={"ETH/USDT": bar("ETH/USDT"), "BTC/USDT": bar("BTC/USDT")},
        doubtful={"SOL/USDT": bar("SOL/USDT")},
        detail=Detail(timeframe=Timeframe.M30, bars={"BTC/USDT": HALVES}),
    )


def test_a_slice_falls_into_parts_and_the_rest_trades_at_both_ends() -> None:
    first, last = steps_of(two())
    assert [step.rest.close_utc for step in (first, last)] == [
        FIRST + timedelta(minutes=30),
        FIRST + timedelta(hours=1),
    ]
    assert list(first.opening.bars) == list(last.rest.bars) == ["ETH/USDT", "BTC/USDT"]
    assert list(first.opening.doubtful) == list(last.rest.doubtful) == ["SOL/USDT"]
    assert list(first.rest.bars) == list(last.opening.bars) == ["BTC/USDT"]
    assert not first.rest.doubtful
    inside = first.fine["BTC/USDT"]
    assert (inside.open_utc, inside.high, inside.timeframe) == (FIRST, 110.0, Timeframe.M30)
    assert [step.opening.number for step in (first, last) if isinstance(step.opening, Part)] == [1, 2]


def test_a_slice_that_is_not_told_finer_is_one_step_and_its_bytes_know_nothing_of_detail() -> None:
    plain = two().model_copy(update={"detail": None})
    (step,) = steps_of(plain)
    assert (step.opening, step.rest, step.fine) == (plain, plain, {})
    assert b"detail" not in plain.canonical()
    assert narrowed(two(), {"ETH/USDT"}) == plain
    assert narrowed(two(), {"BTC/USDT"}) == two()
    assert Slice.model_validate_json(two().canonical()) == two()


def test_marks_are_those_of_the_bar_and_stay_within_them_in_its_parts() -> None:
    """BTC was at 110 in its first half and at 90 in its second one, and its mark between 92 and 107; ETH comes as one bar."""
    told = {"BTC/USDT": mark(100, 107, 92, 99), "ETH/USDT": mark(101, 111, 91, 101)}
    first, last = steps_of(two().model_copy(update={"marks": told}))
    assert first.opening.marks == {"BTC/USDT": mark(100, 107, 100, 105), "ETH/USDT": told["ETH/USDT"]}
    assert first.rest.marks == {"BTC/USDT": mark(100, 107, 100, 105)}
    assert last.opening.marks == {"BTC/USDT": mark(105, 105, 92, 99)}
    assert last.rest.marks == {"BTC/USDT": mark(105, 105, 92, 99), "ETH/USDT": told["ETH/USDT"]}


def test_the_first_part_opens_and_the_last_one_closes_at_the_marks_of_the_bar() -> None:
    """Funding is paid at the same price with finer bars and without them, and the next bar begins where this one ended."""
    told = {"BTC/USDT": mark(99, 99.5, 91, 91.5)}
    first, last = steps_of(two().model_copy(update={"marks": told}))
    assert first.rest.marks == {"BTC/USDT": mark(99, 99.5, 99, 99.5)}
    assert last.rest.marks == {"BTC/USDT": mark(99.5, 99.5, 91, 91.5)}
    low = {"BTC/USDT": mark(91, 99.5, 90.5, 99)}
    first, last = steps_of(two().model_copy(update={"marks": low}))
    assert first.rest.marks == {"BTC/USDT": mark(91, 99.5, 91, 99.5)}
    assert last.rest.marks == {"BTC/USDT": mark(99.5, 99.5, 90.5, 99)}


def mark(*prices: float) -> MarkBar:
    """Open, high, low and close."""
    return MarkBar(**dict(zip(("open", "high", "low", "close"), prices, strict=True)))


@pytest.mark.parametrize("bars", [{"BTC/USDT": HALVES[:1]}, {"SOL/USDT": HALVES}, {"ADA/USDT": HALVES}])
def test_finer_bars_that_do_not_make_up_a_bar_cannot_be_put_inside(bars: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="do not cover its bar"):
        Slice.model_validate({**two().model_dump(), "detail": {"timeframe": "30m", "bars": bars}})


def test_real_five_minute_bars_tell_every_hour_of_their_own_market_and_none_of_another(shared: Path) -> None:
    fine_path = shared / "ohlcv/futures_5m/binance_BTCUSDT_perp_5m.parquet"
    start, end = datetime(2023, 8, 1, tzinfo=UTC), datetime(2023, 9, 1, tzinfo=UTC)
    own = shared / "ohlcv/futures_1h/binance_BTCUSDT_perp_1h_trade.parquet"
    tape = with_detail(recorded_tape(SETTINGS, [own], None, start, end), [fine_path])
    assert sum(each.detail is not None for each in tape.slices()) == len(tape) == 744
    assert not [finding for finding in tape.findings if finding.kind.startswith("detail")]
    spot = shared / "ohlcv/spot_1h/binance_BTCUSDT_1h.parquet"
    with pytest.raises(DataFault, match=r"differ by more than 0\.01%, or 1% in volume, from 744 of 744 bars of 1h"):
        with_detail(recorded_tape(SETTINGS, [spot], None, start, end), [fine_path])
