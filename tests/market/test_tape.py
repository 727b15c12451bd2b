"""The tape: every bar close once and in order, the same twice, and a window that the data must cover."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config.errors import DataFault
from config.reading.load import load_profile
from config.settings import Settings
from market.simulated.prices import SESSION_START, warmup_length
from market.tape import recorded_tape, simulated_past, simulated_tape

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def shaped(profile: str = "paper", **changes: object) -> Settings:
    settings = load_profile(profile)
    return settings.model_copy(update={"market": settings.market.model_copy(update=changes)})


def file_of(folder: Path, symbol: str, hours: list[int], name: str | None = None) -> Path:
    """Hourly bars that open at these hours after FIRST."""
    n = np.array(hours, dtype=np.float64)
    close = 100 + np.sin(n)
    table = pd.DataFrame(
        {
            "timestamp": [FIRST + hour * HOUR for hour in hours],
            "open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0,
        }
    )  # fmt: skip
    path = folder / (name or f"binance_{symbol}_1h.parquet")
    table.to_parquet(path)
    return path


BACKTEST = shaped("backtest", warmup_bars=200)


def test_the_simulated_tape_has_one_slice_for_each_close_of_the_session() -> None:
    settings = shaped(session_days=3)
    tape = simulated_tape(settings)
    slices = list(tape.slices())
    assert [told.close_utc for told in slices] == [SESSION_START + (i + 1) * HOUR for i in range(72)]
    assert len(tape) == 72
    assert (tape.start_utc, tape.end_utc) == (SESSION_START, SESSION_START + timedelta(days=3))
    assert tape.source_label == "simulated market, seed 7"
    assert all(set(told.bars) == set(tape.symbols) for told in slices)
    warmup = list(tape.warmup_slices())
    assert len(warmup) == warmup_length(settings.market)
    assert warmup[-1].close_utc == tape.start_utc
    assert tape.news
    assert tape.instruments["BTC/USDT"].base == "BTC"


def test_what_a_policy_may_learn_from_ends_where_sessions_start_and_is_another_market() -> None:
    settings = shaped(session_days=40)
    past, session = simulated_past(settings), simulated_tape(settings)
    assert (past.start_utc, past.end_utc) == (SESSION_START - timedelta(days=40), SESSION_START)
    assert list(past.slices())[-1].close_utc == SESSION_START
    for symbol in session.symbols:
        drawn, met = (np.diff(np.log(tape.candles[symbol].close)) for tape in (past, session))
        assert len(drawn) == len(met)
        assert abs(np.corrcoef(drawn, met)[0, 1]) < 0.1, "not the session's own moves, moved in time"
    again = simulated_past(settings)
    assert all(np.array_equal(past.candles[each].close, again.candles[each].close) for each in past.symbols)


def test_the_slices_are_the_same_twice_and_whether_or_not_the_warm_up_was_read() -> None:
    tape = simulated_tape(shaped(session_days=2))
    first = [told.canonical() for told in tape.slices()]
    list(tape.warmup_slices())
    assert [told.canonical() for told in tape.slices()] == first


def test_a_recorded_tape_shows_the_window_between_start_and_end(tmp_path: Path) -> None:
    path = file_of(tmp_path, "BTCUSDT", list(range(500)))
    tape = recorded_tape(BACKTEST, [path], None, FIRST + 299.5 * HOUR, FIRST + 310.1 * HOUR)
    slices = list(tape.slices())
    assert [told.bars["BTC/USDT"].open_utc for told in slices] == [FIRST + (300 + i) * HOUR for i in range(10)]
    assert slices[0].bars["BTC/USDT"].close == pytest.approx(100 + np.sin(300))
    assert len(list(tape.warmup_slices())) == 300
    assert tape.findings == ()
    assert tape.news == ()


def test_the_source_is_named_without_its_folder(tmp_path: Path) -> None:
    paths = [file_of(tmp_path, "BTCUSDT", list(range(300))), file_of(tmp_path, "ETHUSDT", list(range(300)))]
    tape = recorded_tape(BACKTEST, paths, None, None, None)
    assert tape.source_label == "binance_BTCUSDT_1h.parquet, binance_ETHUSDT_1h.parquet"
    assert tape.symbols == ("BTC/USDT", "ETH/USDT")


def test_a_moment_without_any_bar_is_a_slice_too(tmp_path: Path) -> None:
    path = file_of(tmp_path, "BTCUSDT", [hour for hour in range(300) if hour not in (250, 251, 252)])
    slices = list(recorded_tape(BACKTEST, [path], None, FIRST + 248 * HOUR, FIRST + 260 * HOUR).slices())
    assert [len(told.bars) for told in slices] == [1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert [finding.kind for told in slices for finding in told.findings] == ["gap", "frozen", "thawed"]
    assert [bool(told.frozen) for told in slices] == [False] * 2 + [True] * 5 + [False] * 5


def test_a_symbol_that_is_listed_later_joins_when_it_comes(tmp_path: Path) -> None:
    paths = [file_of(tmp_path, "BTCUSDT", list(range(300))), file_of(tmp_path, "ETHUSDT", list(range(280, 300)))]
    slices = list(recorded_tape(BACKTEST, paths, None, FIRST + 278 * HOUR, None).slices())
    assert ["ETH/USDT" in told.bars for told in slices][:4] == [False, False, True, True]
    assert slices[0].frozen == {"ETH/USDT": "has no bar yet"}


def test_a_trouble_in_the_warm_up_is_remembered_in_the_session(tmp_path: Path) -> None:
    path = file_of(tmp_path, "BTCUSDT", [hour for hour in range(300) if not 240 <= hour < 249])
    first, *_ = recorded_tape(BACKTEST, [path], None, FIRST + 250 * HOUR, None).slices()
    assert "more than 2 bars" in first.frozen["BTC/USDT"]


def test_too_short_a_history_moves_the_first_decision_and_says_so(tmp_path: Path) -> None:
    path = file_of(tmp_path, "BTCUSDT", list(range(300)))
    tape = recorded_tape(BACKTEST, [path], None, FIRST + 50 * HOUR, None)
    assert tape.start_utc == FIRST + 200 * HOUR
    assert len(tape) == 100
    assert [(finding.kind, finding.at_utc) for finding in tape.findings] == [("short_history", tape.start_utc)]
    assert recorded_tape(BACKTEST, [path], None, None, None).findings == ()


def test_a_tape_without_enough_history_is_refused_with_both_numbers(tmp_path: Path) -> None:
    path = file_of(tmp_path, "BTCUSDT", list(range(200)))
    with pytest.raises(DataFault, match=r"needs 200 bars before the first decision .* has 200 up to its end"):
        recorded_tape(BACKTEST, [path], None, None, None)
    path = file_of(tmp_path, "BTCUSDT", list(range(201)))
    assert len(recorded_tape(BACKTEST, [path], None, None, None)) == 1


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (250, 250, "nothing was started; give an end that is later"),
        (260, 250, "nothing was started; give an end that is later"),
        (400, None, "holds bars from 2024-01-01 00:00 to 2024-01-13 12:00 UTC"),
        (None, 301, "does not cover the requested session"),
        (None, -5, "does not cover the requested session"),
    ],
)
def test_a_window_outside_the_data_is_refused(tmp_path: Path, start: int | None, end: int | None, words: str) -> None:
    path = file_of(tmp_path, "BTCUSDT", list(range(300)))
    moments = [None if hours is None else FIRST + hours * HOUR for hours in (start, end)]
    with pytest.raises(DataFault, match=words) as fault:
        recorded_tape(BACKTEST, [path], None, *moments)
    assert str(tmp_path) not in str(fault.value)


def test_an_unknown_symbol_and_no_file_at_all_are_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path, "BTCUSDT", list(range(300)))
    with pytest.raises(DataFault, match=r"ETH/USDT is not in binance_BTCUSDT_1h\.parquet"):
        recorded_tape(BACKTEST, [path], ["ETH/USDT"], None, None)
    with pytest.raises(DataFault, match="No market file was given"):
        recorded_tape(BACKTEST, [], None, None, None)


def test_nothing_of_the_future_reaches_a_slice(tmp_path: Path) -> None:
    whole = file_of(tmp_path, "BTCUSDT", list(range(300)))
    cut = file_of(tmp_path, "BTCUSDT", list(range(270)), "cut_BTCUSDT.parquet")
    early = [told.canonical() for told in recorded_tape(BACKTEST, [cut], None, None, None).slices()]
    assert [told.canonical() for told in recorded_tape(BACKTEST, [whole], None, None, None).slices()][:70] == early


@pytest.mark.slow
@pytest.mark.parametrize(("context", "most"), [("none", 15e6), ("facts", 24e6)])
def test_a_year_of_ten_symbols_stays_small(context: str, most: float) -> None:
    bases = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LINK", "BNB", "LTC", "AVAX")
    tracemalloc.start()
    try:
        tape = simulated_tape(
            shaped(symbols=tuple(f"{base}/USDT" for base in bases), session_days=365, context=context)
        )
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(tape) == 8760
    assert kept < most  # the difference are ten thousand funding rates
    assert peak < 60e6


def test_a_real_outage_of_the_exchange_freezes_and_thaws(shared: Path) -> None:
    path = shared / "ohlcv/spot_1h/binance_BTCUSDT_1h.parquet"
    start, end = datetime(2018, 2, 7, tzinfo=UTC), datetime(2018, 2, 10, tzinfo=UTC)
    tape = recorded_tape(load_profile("backtest"), [path], ["BTCUSDT"], start, end)
    slices = list(tape.slices())
    assert len(slices) == len(tape) == 72
    assert sum(not told.bars for told in slices) == 33
    assert [finding.kind for told in slices for finding in told.findings] == ["gap", "frozen", "thawed"]
