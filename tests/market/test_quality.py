"""The quality monitor: what it believes, what it freezes, and that it says each thing once."""

import csv
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import from_ms, to_ms
from config.sections.quality import QualitySettings
from market.bar import Slice
from market.files.bars import read_market_file
from market.quality.monitor import QualityMonitor, Quote
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = QualitySettings(max_missing_bars=2, max_bar_move=0.30, max_bar_range=0.60, max_flat_bars=3, thaw_bars=3)


def at(price: float, *, since: float | None = None, volume: float = 1.0) -> Quote:
    """A tidy bar that closes at `price`, having opened at `since` (or there)."""
    open_ = price if since is None else since
    return open_, max(open_, price), min(open_, price), price, volume


def told(*quotes: Quote | None) -> list[Slice]:
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, ["BTC/USDT"])
    return [monitor.judge(START + i * HOUR, {"BTC/USDT": quote}) for i, quote in enumerate(quotes)]


def kinds(slices: list[Slice]) -> list[list[str]]:
    return [[finding.kind for finding in told.findings] for told in slices]


def believed(slices: list[Slice]) -> list[bool]:
    return ["BTC/USDT" in told.bars for told in slices]


def frozen(slices: list[Slice]) -> list[bool]:
    return ["BTC/USDT" in told.frozen for told in slices]


def test_good_bars_pass_without_a_word() -> None:
    slices = told(at(100), at(101), at(99))
    assert believed(slices) == [True] * 3
    assert kinds(slices) == [[], [], []]
    bar = slices[1].bars["BTC/USDT"]
    assert (bar.close, bar.close_utc, bar.timeframe) == (101, START + HOUR, Timeframe.H1)


def test_a_short_gap_is_noted_and_freezes_only_the_missing_moments() -> None:
    slices = told(at(100), None, None, at(101), at(101))
    assert kinds(slices) == [[], ["gap"], [], [], []]
    assert frozen(slices) == [False, True, True, False, False]
    assert slices[1].frozen == {"BTC/USDT": "no bar at this close"}


def test_a_long_gap_freezes_until_enough_good_bars_came_and_says_each_thing_once() -> None:
    slices = told(at(100), None, None, None, None, at(101), at(101), at(101), at(101))
    assert kinds(slices) == [[], ["gap"], [], ["frozen"], [], [], [], ["thawed"], []]
    assert frozen(slices) == [False, True, True, True, True, True, True, False, False]
    assert believed(slices)[5:] == [True] * 4
    assert "more than 2 bars in a row" in slices[5].frozen["BTC/USDT"]


def test_a_bar_missing_on_the_way_starts_the_thaw_again() -> None:
    slices = told(at(100), None, None, None, at(101), at(101), None, at(101), at(101), at(101))
    assert frozen(slices)[3:] == [True, True, True, True, True, True, False]


def test_moments_that_were_passed_over_are_missing_bars() -> None:
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, ["BTC/USDT"])
    monitor.judge(START, {"BTC/USDT": at(100)})
    later = monitor.judge(START + 4 * HOUR, {"BTC/USDT": at(100)})
    assert [finding.kind for finding in later.findings] == ["gap", "frozen"]
    assert "BTC/USDT" in later.bars
    assert "BTC/USDT" in later.frozen


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ((100.0, math.nan, 99.0, 100.0, 1.0), "non_finite"),
        ((100.0, 101.0, 99.0, 100.0, math.inf), "non_finite"),
        ((100.0, 101.0, 0.0, 100.0, 1.0), "inconsistent"),
        ((100.0, 99.0, 98.0, 100.0, 1.0), "inconsistent"),
        ((100.0, 101.0, 99.0, 100.0, -1.0), "inconsistent"),
    ],
)
def test_an_impossible_bar_is_refused_and_counts_as_missing(bad: Quote, kind: str) -> None:
    slices = told(at(100), bad, bad, at(100), bad, bad, bad)
    assert believed(slices) == [True, False, False, True, False, False, False]
    assert kinds(slices) == [[], [kind], [], [], [kind], [], ["frozen"]]


def test_a_bad_print_is_refused_and_the_old_level_stays() -> None:
    slices = told(at(100), at(150, since=100), at(101), at(101), at(101))
    assert believed(slices) == [True, False, True, True, True]
    assert kinds(slices) == [[], ["jump", "frozen"], [], [], ["thawed"]]


def test_a_crash_is_believed_when_the_next_bar_opens_where_it_ended() -> None:
    slices = told(at(100), at(65, since=100), at(64), at(63), at(62))
    assert believed(slices) == [True, False, True, True, True]
    assert frozen(slices) == [False, True, True, True, False]


def test_a_bar_that_jumps_on_from_a_suspect_is_a_suspect_too() -> None:
    slices = told(at(100), at(65, since=100), at(41, since=65), at(40))
    assert believed(slices) == [True, False, False, True]
    assert kinds(slices) == [[], ["jump", "frozen"], ["jump"], []]


def test_a_bar_that_returns_from_a_bad_print_is_believed() -> None:
    slices = told(at(100), at(136, since=100), at(101, since=136))
    assert believed(slices) == [True, False, True]


def test_a_wide_bar_is_refused_although_it_closes_where_it_opened() -> None:
    slices = told(at(100), (100.0, 100.0, 0.0001, 100.0, 1.0), at(100))
    assert believed(slices) == [True, False, True]
    assert kinds(slices)[1] == ["wide_bar", "frozen"]


@pytest.mark.parametrize(
    ("quote", "worst"),
    [
        ((100.0, 101.0, 60.0, 62.0, 9.0), (100.0, 100.0, 60.0, 100.0, 9.0)),
        ((62.0, 64.0, 60.0, 61.0, 9.0), (62.0, 62.0, 60.0, 62.0, 9.0)),
        ((100.0, 100.0, 0.0001, 100.0, 9.0), (100.0, 100.0, 0.0001, 100.0, 9.0)),
        ((150.0, 160.0, 140.0, 155.0, 9.0), (100.0, 100.0, 100.0, 100.0, 9.0)),
    ],
)
def test_a_bar_that_is_hard_to_believe_is_handed_on_in_its_worst_reading(quote: Quote, worst: Quote) -> None:
    slices = told(at(100), quote, at(100))
    assert [set(told.doubtful) for told in slices] == [set(), {"BTC/USDT"}, set()]
    bar = slices[1].doubtful["BTC/USDT"]
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == worst
    assert bar.close_utc == slices[1].close_utc
    assert slices[1].bars == {}


@pytest.mark.parametrize(
    ("quote", "worst"),
    [
        ((100.0, 101.0, 60.0, 62.0, 9.0), (100.0, 101.0, 60.0, 100.0, 9.0)),
        ((150.0, 160.0, 140.0, 155.0, 9.0), (150.0, 160.0, 100.0, 150.0, 9.0)),
    ],
)
def test_where_a_holder_may_be_short_the_worst_reading_has_the_worst_of_both_sides(quote: Quote, worst: Quote) -> None:
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, ["BTC/USDT"], both_sides=True)
    monitor.judge(START, {"BTC/USDT": at(100)})
    bar = monitor.judge(START + HOUR, {"BTC/USDT": quote}).doubtful["BTC/USDT"]
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == worst


def test_a_bar_that_cannot_be_is_handed_on_in_no_reading() -> None:
    slices = told(at(100), (100.0, 100.0, math.nan, 100.0, 1.0), None, (100.0, 99.0, 0.0, 100.0, 1.0))
    assert [told.doubtful for told in slices] == [{}] * 4


@pytest.mark.parametrize(
    ("timeframe", "allowed"),
    [(Timeframe.M1, 1), (Timeframe.H1, 1), (Timeframe.H4, 2), (Timeframe.D1, 2), (Timeframe.W1, 2)],
)
def test_longer_bars_may_move_and_range_wider_but_no_more_than_twice_as_wide(
    timeframe: Timeframe, allowed: int
) -> None:
    def is_believed(quote: Quote) -> bool:
        monitor = QualityMonitor(SETTINGS, timeframe, ["BTC/USDT"])
        monitor.judge(START, {"BTC/USDT": at(100)})
        return "BTC/USDT" in monitor.judge(START + timeframe.duration, {"BTC/USDT": quote}).bars

    assert is_believed(at(100 * math.exp(0.299 * allowed)))
    assert not is_believed(at(100 * math.exp(0.301 * allowed)))
    assert is_believed((100.0, 99.9 + 60 * allowed, 100.0, 100.0, 1.0))
    assert not is_believed((100.0, 100.1 + 60 * allowed, 100.0, 100.0, 1.0))


@pytest.mark.parametrize(("price", "is_believed"), [(100 * math.exp(0.299), True), (100 * math.exp(0.301), False)])
def test_the_limit_of_a_move_is_a_log_return(price: float, is_believed: bool) -> None:
    assert believed(told(at(100), at(price)))[1] is is_believed


def test_a_dead_market_freezes_after_its_flat_bars_and_thaws_with_volume() -> None:
    flat = at(100, volume=0.0)
    slices = told(at(100), flat, flat, flat, flat, flat, at(100), at(100), at(100))
    assert kinds(slices) == [[], [], [], [], ["flat", "frozen"], [], [], [], ["thawed"]]
    assert believed(slices) == [True] * 9


def test_flat_bars_count_only_in_a_row() -> None:
    flat = at(100, volume=0.0)
    assert kinds(told(flat, flat, flat, at(100), flat, flat, flat)) == [[]] * 7


def test_a_symbol_that_is_not_listed_yet_waits_without_findings() -> None:
    slices = told(None, None, None, None, at(100), at(100))
    assert kinds(slices) == [[]] * 6
    assert slices[0].frozen == {"BTC/USDT": "has no bar yet"}
    assert frozen(slices)[4:] == [False, False]


def test_symbols_are_judged_apart() -> None:
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, ["BTC/USDT", "ETH/USDT"])
    monitor.judge(START, {"BTC/USDT": at(100), "ETH/USDT": at(10)})
    told = monitor.judge(START + HOUR, {"BTC/USDT": at(200), "ETH/USDT": at(10)})
    assert set(told.bars) == {"ETH/USDT"}
    assert set(told.frozen) == {"BTC/USDT"}


def test_time_does_not_run_backwards() -> None:
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, ["BTC/USDT"])
    monitor.judge(START, {})
    with pytest.raises(ValueError, match="is not later than the last one"):
        monitor.judge(START, {})
    with pytest.raises(ValueError, match="is not later than the last one"):
        monitor.pass_by(START, {})


price = st.one_of(st.floats(1, 400), st.sampled_from([math.nan, math.inf, 0.0, -1.0]))
quotes = st.one_of(
    st.none(),
    st.tuples(price, price, price, price, st.sampled_from([0.0, 1.0, math.nan])),
    st.floats(80, 120).map(at),
)


@given(st.lists(quotes, max_size=40))
def test_every_moment_has_a_believed_bar_or_a_reason_and_freezes_alternate_with_thaws(raw: list[Quote | None]) -> None:
    slices = told(*raw)
    for told_now in slices:
        assert "BTC/USDT" in told_now.bars or told_now.frozen["BTC/USDT"]
        assert not told_now.bars.keys() & told_now.doubtful.keys()
    turns = [kind for found in kinds(slices) for kind in found if kind in ("frozen", "thawed")]
    assert turns == ["frozen", "thawed"] * (len(turns) // 2) + ["frozen"] * (len(turns) % 2)


@given(st.lists(quotes, max_size=40), st.integers(0, 40))
def test_what_is_passed_by_teaches_as_much_as_what_is_judged(raw: list[Quote | None], unseen: int) -> None:
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, ["BTC/USDT"])
    for i, quote in enumerate(raw[:unseen]):
        monitor.pass_by(START + i * HOUR, {"BTC/USDT": quote})
    rest = list(enumerate(raw))[unseen:]
    assert [monitor.judge(START + i * HOUR, {"BTC/USDT": quote}) for i, quote in rest] == told(*raw)[unseen:]


@pytest.mark.parametrize(
    "name",
    [
        "spot_1h/binance_LINKUSDT_1h.parquet",
        "spot_1h/binance_DOGEUSDT_1h.parquet",
        "futures_1h/binance_ETHUSDT_perp_1h_trade.parquet",
    ],
)
def test_every_listed_bad_print_of_a_real_file_is_refused_and_nothing_else(shared: Path, name: str) -> None:
    [(symbol, candles)] = read_market_file(shared / "ohlcv" / name, Timeframe.H1, None).items()
    with (shared / "quality" / "anomalies.csv").open(newline="") as text:
        listed = {
            datetime.fromisoformat(row["timestamp"])
            for row in csv.DictReader(text)
            if row["file"].endswith(name) and row["kind"] in ("jump", "wide_bar")
        }
    refused = set()
    for moment in listed:
        monitor = QualityMonitor(SETTINGS, Timeframe.H1, [symbol])
        for i in _around(candles.close_ms, to_ms(moment)):
            open_, high, low, close, volume = (float(column[i]) for column in candles.columns)
            told_now = monitor.judge(from_ms(int(candles.close_ms[i])), {symbol: (open_, high, low, close, volume)})
            if symbol not in told_now.bars:
                refused.add(told_now.close_utc - HOUR)
    assert refused == listed
    assert listed


def _around(close_ms: np.ndarray, open_ms: int) -> range:
    i = int(close_ms.searchsorted(open_ms + 3_600_000))
    return range(max(0, i - 30), min(len(close_ms), i + 30))
