"""The signals of depth `full`: known answers, published series, what is not known yet, and when they are computed."""

import csv
import gzip
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from config.seeds import generator
from market.bar import Bar
from market.indicators import full_depth
from market.indicators.engine import SignalEngine
from market.indicators.horizon import Horizon
from market.indicators.patterns import KINDS, LONG, NAMES, UNDIRECTED
from market.indicators.recursions import regime_step
from market.signals import PatternSeen, Regime, TechnicalSignals
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)
Prices = tuple[float, float, float, float, float]
FULL = {
    name
    for name, field in TechnicalSignals.model_fields.items()
    if isinstance(field.json_schema_extra, dict) and field.json_schema_extra["depth"] == "full"
}


def bars(rows: Sequence[Prices], timeframe: Timeframe = Timeframe.H1, begin: datetime = START) -> list[Bar]:
    return [
        Bar(
            symbol="BTC/USDT", timeframe=timeframe, close_utc=begin + (number + 1) * timeframe.duration,
            open=open_, high=high, low=low, close=close, volume=volume,
        )
        for number, (open_, high, low, close, volume) in enumerate(rows)
    ]  # fmt: skip


def of_closes(closes: Sequence[float], spread: float = 1.0, volume: float = 1.0) -> list[Prices]:
    return [(close, close + spread, close - spread, close, volume) for close in closes]


def told(shown: Sequence[Bar], timeframe: Timeframe = Timeframe.H1) -> list[TechnicalSignals]:
    horizon, found = Horizon("BTC/USDT", timeframe), []
    for bar in shown:
        horizon.push(bar)
        now = horizon.signals()
        assert now is not None
        found.append(now)
    return found


def walk(n: int, seed: int = 1) -> list[Prices]:
    chance = generator(seed, "full")
    close = 100 * np.exp(np.cumsum(0.01 * chance.standard_normal(n)))
    high, low = close * (1 + 0.01 * chance.random(n)), close * (1 - 0.01 * chance.random(n))
    open_ = low + (high - low) * chance.random(n)
    columns = (open_, high, low, close, chance.exponential(3.0, n))
    return [tuple(row) for row in np.array(columns).T.tolist()]


# --- known answers


def test_on_balance_volume_adds_what_rose_and_takes_what_fell() -> None:
    rows = [(c, c, c, c, v) for c, v in zip((10.0, 11.0, 11.0, 9.0, 12.0), (5.0, 3.0, 2.0, 4.0, 6.0), strict=True)]
    assert [now.obv for now in told(bars(rows))] == [5.0, 8.0, 8.0, 4.0, 10.0]


def test_the_price_of_the_day_begins_anew_with_the_bar_that_opens_at_midnight() -> None:
    rows = [(100.0, 103.0, 97.0, 100.0, 1.0)] * 24 + [
        (200.0, 203.0, 197.0, 200.0, 1.0),
        (230.0, 233.0, 227.0, 230.0, 2.0),
    ]
    found = [now.vwap_day for now in told(bars(rows))]
    assert found[:24] == [100.0] * 24, "the bar that closes at 00:00 is of the day before"
    assert found[24:] == [200.0, 220.0]


def test_a_day_without_trades_has_no_price_and_bars_of_a_day_have_none_either() -> None:
    assert told(bars(of_closes([100.0], volume=0.0)))[-1].vwap_day is None
    assert told(bars(of_closes([100.0] * 30), Timeframe.D1), Timeframe.D1)[-1].vwap_day is None


def test_the_price_of_twenty_bars_is_weighted_by_their_volumes_and_forgets_the_bar_before_them() -> None:
    rows = [(c, c, c, c, v) for c, v in zip([9_999.0, *range(1, 21)], [1e6, *range(20, 0, -1)], strict=True)]
    found = told(bars(rows))
    assert found[18].vwap_20 is None
    assert found[-1].vwap_20 == pytest.approx(sum(c * (21 - c) for c in range(1, 21)) / 210)


def test_the_stochastic_is_the_mean_place_of_the_close_in_the_range_of_fourteen_bars() -> None:
    found = told(bars(walk(60)))[-1]
    rows = walk(60)

    def place(end: int) -> float:
        window = rows[end - 14 : end]
        low, high = min(row[2] for row in window), max(row[1] for row in window)
        return 100 * (rows[end - 1][3] - low) / (high - low)

    def slow(end: int) -> float:
        return sum(place(end - k) for k in range(3)) / 3

    assert found.stoch_k == pytest.approx(slow(60))
    assert found.stoch_d == pytest.approx(sum(slow(60 - k) for k in range(3)) / 3)


@pytest.mark.parametrize("length", [10, 55])
def test_a_channel_is_that_of_the_bars_before_this_one(length: int) -> None:
    rows = walk(80)
    found = told(bars(rows))
    assert getattr(found[length - 1], f"highest_{length}") is None
    for now, end in ((found[length], length), (found[-1], 79)):
        assert getattr(now, f"highest_{length}") == max(row[1] for row in rows[end - length : end])
        assert getattr(now, f"lowest_{length}") == min(row[2] for row in rows[end - length : end])


def test_the_keltner_channel_is_two_true_ranges_around_the_mean() -> None:
    now = told(bars(of_closes([100.0] * 40, spread=3.0)))[-1]
    assert (now.keltner_lower, now.keltner_middle, now.keltner_upper) == pytest.approx((88.0, 100.0, 112.0))


def test_supertrend_follows_a_rise_never_falls_in_it_and_turns_with_the_close_that_crosses_it() -> None:
    closes = [100.0 + 2 * n for n in range(40)] + [178.0 - 5 * n for n in range(1, 12)]
    found = told(bars(of_closes(closes)))
    assert [now.supertrend for now in found[:10]] == [None] * 10
    rise = [now.supertrend for now in found[10:40] if now.supertrend is not None]
    assert len(rise) == 30
    assert rise == sorted(rise)
    turn = next(number for number, now in enumerate(found) if number > 40 and not now.supertrend_rising)
    assert found[turn].close <= rise[-1] < found[turn - 1].close
    assert found[turn].supertrend is not None
    assert found[turn].supertrend > found[turn].close
    assert all(now.supertrend_rising for now in found[10:turn])


def test_returns_of_days_go_back_to_the_last_close_that_was_known_then() -> None:
    closes = [100.0 + n for n in range(24 * 31)]
    now = told(bars(of_closes(closes)))[-1]
    for days, value in ((1, now.return_1d), (7, now.return_7d), (30, now.return_30d)):
        assert value == pytest.approx(math.log(closes[-1] / closes[-1 - 24 * days]))


def test_a_hole_in_the_bars_makes_no_day_longer_and_uses_no_close_after_it() -> None:
    shown = bars(of_closes([100.0 + n for n in range(60)]))
    with_hole = [bar for number, bar in enumerate(shown) if not 40 <= number < 50]
    now = told(with_hole)[-1]
    assert now.close == 159.0
    assert now.return_1d == pytest.approx(math.log(159 / 135)), "24 hours before"
    early = told([bar for number, bar in enumerate(shown[:60]) if number not in range(30, 37)])[-1]
    assert early.return_1d == pytest.approx(math.log(159 / 129)), "that bar is missing: the last one before it"


def test_a_return_is_unknown_before_its_span_and_on_bars_that_are_longer() -> None:
    found = told(bars(of_closes([100.0] * 26)))
    assert (found[23].return_1d, found[24].return_1d, found[25].return_7d) == (None, 0.0, None)
    weekly = told(bars(of_closes([100.0] * 6), Timeframe.W1), Timeframe.W1)[-1]
    assert (weekly.return_1d, weekly.return_7d, weekly.return_30d) == (None, 0.0, 0.0)


@pytest.mark.parametrize("length", [20, 100])
def test_volatility_is_that_of_so_many_log_returns_in_a_year_of_365_days(length: int) -> None:
    rows = walk(130)
    found = told(bars(rows))
    name = f"realized_volatility_{length}"
    returns = np.diff(np.log([row[3] for row in rows]))[-length:]
    assert getattr(found[length - 1], name) is None
    assert getattr(found[length], name) is not None
    assert getattr(found[-1], name) == pytest.approx(np.std(returns, ddof=1) * math.sqrt(365 * 24))


# --- levels


def zigzag() -> list[Prices]:
    """Up from 100 to 110 and down again, four times; the last leg stops at 105."""
    legs = ([100.0 + n for n in range(10)] + [110.0 - n for n in range(10)]) * 4
    return of_closes([*legs, *(100.0 + n for n in range(6))], spread=0.5)


def test_a_swing_is_a_level_three_bars_after_its_extreme_and_not_before() -> None:
    rise = [100.0 + n for n in range(21)] + [119.0, 118.0, 117.0]
    found = told(bars(of_closes(rise, spread=0.5)))
    assert [now.resistance for now in found[:23]] == [None] * 23, "the top is not known before three lower highs"
    assert (found[23].resistance, found[23].resistance_touches) == (120.5, 1)


def test_levels_are_the_nearest_swings_with_their_touches_and_their_distance_in_true_ranges() -> None:
    now = told(bars(zigzag()))[-1]
    assert now.atr_14_quote is not None
    assert (now.support, now.resistance) == (99.5, 110.5)
    assert (now.support_touches, now.resistance_touches) == (4, 4)
    assert now.support_distance_atr == pytest.approx((now.close - 99.5) / now.atr_14_quote)
    assert now.resistance_distance_atr == pytest.approx((110.5 - now.close) / now.atr_14_quote)


def test_of_two_equal_tops_side_by_side_the_first_is_the_swing() -> None:
    tops = [100.0 + n for n in range(17)] + [116.0, 115.0, 114.0, 113.0]
    now = told(bars(of_closes(tops, spread=0.5)))[-1]
    assert (now.resistance, now.resistance_touches) == (116.5, 1)


def test_only_the_last_twenty_four_swings_are_remembered() -> None:
    now = told(bars(zigzag() * 6))[-1]
    assert now.support_touches is not None
    assert now.resistance_touches is not None
    assert now.support_touches + now.resistance_touches <= 24


# --- regime


def test_each_regime_is_entered_at_one_bound_and_left_at_another() -> None:
    calm = (False, False, False)
    assert regime_step(calm, 24.9, 1.4, -2.4) == calm
    trend = regime_step(calm, 25.0, 0.0, 0.0)
    assert (trend, regime_step(trend, 20.0, 0.0, 0.0), regime_step(trend, 19.9, 0.0, 0.0)) == (
        (False, False, True),
    ) * 2 + (calm,)
    rough = regime_step(calm, 0.0, 1.5, 0.0)
    assert (rough[1], regime_step(rough, 0.0, 1.2, 0.0)[1], regime_step(rough, 0.0, 1.19, 0.0)[1]) == (
        True,
        True,
        False,
    )
    crash = regime_step(calm, 0.0, 1.2, -2.5)
    assert (crash[0], regime_step(crash, 0.0, 0.0, -1.01)[0], regime_step(crash, 0.0, 0.0, -1.0)[0]) == (
        True,
        True,
        False,
    )
    assert regime_step(calm, 0.0, 1.1, -3.0) == calm, "a fall in calm is no crash"


def test_a_calm_market_is_a_range_a_steady_rise_a_trend_and_a_sudden_fall_a_crash() -> None:
    chance = generator(4, "regime")
    calm = 100 + 0.1 * chance.standard_normal(160)
    rise = 100 * np.exp(0.004 * np.arange(1, 81) + 0.0005 * chance.standard_normal(80))
    fall = rise[-1] * np.exp(-0.03 * np.arange(1, 16))
    found = told(bars(of_closes([*calm, *rise, *fall], spread=0.05)))
    assert found[99].regime is None
    assert found[159].regime is Regime.RANGE
    assert found[239].regime is Regime.TREND
    assert found[-1].regime is Regime.CRASH


# --- patterns


def engulfed() -> list[Prices]:
    fall = [(120.0 - n, 120.5 - n, 118.5 - n, 119.0 - n, 1.0) for n in range(14)]
    return [*fall, (106.0, 106.2, 104.8, 105.0, 1.0), (104.5, 107.5, 104.0, 107.0, 1.0)]


def test_a_pattern_is_told_with_its_direction_and_ages_until_it_is_forgotten() -> None:
    after = [(107.0, 107.6, 106.4, 107.2, 1.0)] * 5
    found = told(bars([*engulfed(), *after]))
    seen = [next((each for each in now.patterns if each.name == "engulfing"), None) for now in found]
    assert seen[:15] == [None] * 15
    assert seen[15:20] == [PatternSeen(name="engulfing", direction="up", bars_ago=ago) for ago in range(5)]
    assert seen[20] is None


def test_a_doji_announces_nothing() -> None:
    rows = [*[(100.0 + n, 102.0 + n, 99.0 + n, 101.0 + n, 1.0) for n in range(14)], (115.0, 117.0, 113.0, 115.0, 1.0)]
    now = told(bars(rows))[-1]
    assert PatternSeen(name="doji", direction="none", bars_ago=0) in now.patterns


def test_all_sixty_one_patterns_of_talib_are_asked() -> None:
    assert len(KINDS) == len(set(NAMES)) == 61
    assert set(NAMES) > UNDIRECTED
    seen = {each.name for now in told(bars(walk(3_000, 7))) for each in now.patterns}
    assert len(seen) > 30


# --- when they are computed, and what they may know


def test_what_is_told_does_not_depend_on_when_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_depth, "MOST_WAITING", 50)
    shown = bars(walk(300))
    each = told(shown)[-1]
    once, now_and_then = Horizon("BTC/USDT", Timeframe.H1), Horizon("BTC/USDT", Timeframe.H1)
    for number, bar in enumerate(shown):
        once.push(bar)
        now_and_then.push(bar)
        if number % 37 == 0:
            now_and_then.signals()
    assert once.signals() == now_and_then.signals() == each


@pytest.mark.slow
@pytest.mark.parametrize("tick", [0.01, 5.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_first_look_may_come_after_any_number_of_bars(seed: int, tick: float) -> None:
    """With coarse ticks many bodies and shadows are equal: the last bit of a mean decides whether a pattern is one."""
    rows = [(*(max(tick, round(price / tick) * tick) for price in row[:4]), row[4]) for row in walk(LONG + 140, seed)]
    shown = bars(rows)
    each = [now.canonical() for now in told(shown)]
    for first in (*range(1, 20), *range(LONG - 6, LONG + 7), 101, 102, 110, LONG + 131):
        horizon = Horizon("BTC/USDT", Timeframe.H1)
        for number, bar in enumerate(shown):
            horizon.push(bar)
            if number + 1 == first or (number > first and (number - first) % 9 in (0, 1)):
                now = horizon.signals()
                assert now is not None
                assert now.canonical() == each[number], (first, number)


def test_bars_after_this_one_change_nothing_at_it() -> None:
    rows = walk(260)
    for cut in (60, 150, 230):
        other = [*rows[:cut], *((3 * o, 3 * h, 3 * low, 3 * c, 9 * v) for o, h, low, c, v in rows[cut:])]
        assert told(bars(rows))[:cut] == told(bars(other))[:cut]


def test_a_coarser_timeframe_knows_nothing_of_the_bar_that_is_forming() -> None:
    rows = walk(24 * 5)
    one, other = SignalEngine("BTC/USDT", Timeframe.H1), SignalEngine("BTC/USDT", Timeframe.H1)
    for bar in bars(rows[:100]):
        one.push(bar)
        other.push(bar)
    closed = one.view()
    forming = bars([*rows[:100], *((9 * o, 9 * h, 9 * low, 9 * c, v) for o, h, low, c, v in rows[100:103])])[100:]
    for bar in forming:
        other.push(bar)
    assert {length: other.view()[length] for length in (Timeframe.H4, Timeframe.D1)} == {
        length: closed[length] for length in (Timeframe.H4, Timeframe.D1)
    }


def test_depth_core_has_the_bytes_that_it_always_had() -> None:
    engine = SignalEngine("BTC/USDT", Timeframe.H1, "core")
    full = SignalEngine("BTC/USDT", Timeframe.H1)
    for bar in bars(walk(300)):
        engine.push(bar)
        full.push(bar)
    for length, now in engine.view().items():
        written = json.loads(now.canonical())
        assert not FULL & written.keys()
        more = json.loads(full.view()[length].canonical())
        assert {name: value for name, value in more.items() if name not in FULL} == written
    assert engine.signals(Timeframe.H1) == engine.view()[Timeframe.H1]


def test_voters_of_depth_core_read_no_more_and_the_case_holds_all() -> None:
    engine = SignalEngine("BTC/USDT", Timeframe.H1, "full", "core")
    for bar in bars(walk(130)):
        engine.push(bar)
    now, case = engine.signals(Timeframe.H1), engine.view()[Timeframe.H1]
    assert now is not None
    assert (now.supertrend, now.regime, now.patterns) == (None, None, ())
    assert case.supertrend is not None
    assert case.regime is not None
    assert now.rsi_14 == case.rsi_14


# --- published series


def reference(shared: Path, name: str, field: str) -> list[float | None]:
    rows = json.loads(gzip.decompress((shared / f"reference/stock_indicators/{name}.standard.json.gz").read_bytes()))
    return [row[field] for row in rows]


@pytest.fixture(scope="module")
def quotes(shared: Path) -> list[TechnicalSignals]:
    """The default quotes of Stock.Indicators, as if they were the minutes of one day; their dates do not matter."""
    with (shared / "reference/stock_indicators/quotes_default.csv").open(newline="") as text:
        rows = [
            tuple(float(row[name]) for name in ("open", "high", "low", "close", "volume"))
            for row in csv.DictReader(text)
        ]
    minutes = [
        Bar(
            symbol="SPY/USD", timeframe=Timeframe.M1, close_utc=START + timedelta(minutes=number + 1), open=o,
            high=max(o, h, c), low=min(o, low, c), close=c, volume=v,
        )
        for number, (o, h, low, c, v) in enumerate(rows)
    ]  # fmt: skip
    return told(minutes, Timeframe.M1)


@pytest.mark.parametrize(
    ("ours", "name", "field"),
    [("supertrend", "supertrend", "superTrend"), ("vwap_day", "vwap", "vwap"), ("highest_20", "donchian", "upperBand"),
     ("lowest_20", "donchian", "lowerBand"), ("stoch_k", "stoch", "k"), ("stoch_d", "stoch", "d"),
     ("keltner_middle", "ema", "ema")],
)  # fmt: skip
def test_it_equals_the_published_series(
    shared: Path, quotes: list[TechnicalSignals], ours: str, name: str, field: str
) -> None:
    published = reference(shared, name, field)
    known = [(getattr(now, ours), there) for now, there in zip(quotes, published, strict=True) if there is not None]
    both = [(mine, there) for mine, there in known if mine is not None]
    assert len(both) > 470
    assert [mine for mine, _ in both] == pytest.approx([there for _, there in both], rel=1e-9)


def test_supertrend_rises_where_the_published_one_lies_below(shared: Path, quotes: list[TechnicalSignals]) -> None:
    below = reference(shared, "supertrend", "lowerBand")
    assert [now.supertrend_rising for now in quotes[10:]] == [band is not None for band in below[10:]]


def test_on_balance_volume_moves_as_the_published_one(shared: Path, quotes: list[TechnicalSignals]) -> None:
    ours = np.diff([now.obv for now in quotes if now.obv is not None])
    assert ours.tolist() == np.diff(np.array(reference(shared, "obv", "obv"), dtype=np.float64)).tolist()
