"""Two curves of one tape: days from the start of the session, B less A, and the settings that made them differ."""

from datetime import UTC, datetime

import numpy as np
import pytest

from config.errors import DataFault
from config.reading.load import load_profile
from config.seeds import generator
from evidence.statistics.key_figures import Measure
from evidence.strategies.paired import changes, daily, paired
from evidence.worlds.world import Curve

A, B = load_profile("backtest"), load_profile("backtest", {"limits.risk_per_trade": 0.005})
MOVES = generator(5, "paired").normal(0.0, 0.002, 24 * 60 + 7)


def curve(moves: np.ndarray = MOVES, timeframe_s: int = 3600) -> Curve:
    return Curve(
        equity=tuple(10_000.0 * np.cumprod([1.0, *(1.0 + moves)])), start_utc=datetime(2024, 1, 1, 5, tzinfo=UTC),
        timeframe_s=timeframe_s, trades=3, hearings=4, rulings={}, signed=3, deployed=0.1, fees=12.5, model_usd=0.0,
    )  # fmt: skip


def test_a_day_is_24_hours_from_the_start_and_a_rest_is_no_day() -> None:
    made = daily(curve())
    assert len(made) == 60
    assert made[0] == pytest.approx(np.prod(1.0 + MOVES[:24]) - 1.0)
    assert made[-1] == pytest.approx(np.prod(1.0 + MOVES[24 * 59 : 24 * 60]) - 1.0)


def test_bars_of_days_and_of_five_minutes_have_days_too() -> None:
    assert len(daily(curve(MOVES[:40], 86_400))) == 40
    assert len(daily(curve(np.zeros(288 * 31), 300))) == 31


def test_fewer_than_thirty_days_are_refused_with_their_number() -> None:
    assert len(daily(curve(MOVES[: 24 * 30]))) == 30
    with pytest.raises(DataFault, match="The bars cover 29 whole days, and an interval needs 30"):
        daily(curve(MOVES[: 24 * 30 - 1]))


def test_the_same_curve_twice_differs_by_nothing() -> None:
    found = paired("bars", ("BTC/USDT",), 0.1, (A, B), (curve(), curve()))
    for each in found.differences.differences:
        assert each.value in (0.0, None)
    assert (found.of(Measure.MEAN_RETURN).low, found.of(Measure.MEAN_RETURN).high) == (0.0, 0.0)


def test_what_b_earns_more_each_day_is_found_though_the_market_moved_both_by_more() -> None:
    better = MOVES.copy()
    better[::24] += 0.0005
    found = paired("bars", ("BTC/USDT",), 0.1, (A, B), (curve(), curve(better)))
    apart = found.of(Measure.MEAN_RETURN)
    assert apart.value == pytest.approx(0.0005, rel=0.05)
    assert apart.is_clear
    assert apart.value > 0
    turned = paired("bars", ("BTC/USDT",), 0.1, (A, B), (curve(better), curve())).of(Measure.MEAN_RETURN)
    assert turned.value == pytest.approx(-apart.value)
    a, b = found.sides
    assert b.growth > a.growth
    assert (b.sharpe or 0.0) > (a.sharpe or 0.0)
    assert (a.name, b.name, a.fees, a.trades) == ("A", "B", 12.5, 3)


def test_the_drawdown_of_each_side_is_its_own() -> None:
    fallen = MOVES.copy()
    fallen[700] = -0.2
    found = paired("bars", ("BTC/USDT",), 0.1, (A, B), (curve(), curve(fallen)))
    a, b = found.sides
    assert (b.max_drawdown or 0.0) > 0.19 > (a.max_drawdown or 1.0)


def test_only_settings_that_differ_are_named_and_the_name_of_a_profile_is_none() -> None:
    assert [(each.key, each.a, each.b) for each in changes(A, B)] == [("limits.risk_per_trade", 0.0025, 0.005)]
    assert changes(A, A.model_copy(update={"profile": "other"})) == ()
    three = [{"strategy": "ema_cross", "enabled": False}, {"strategy": "rsi_bounce"}, {"strategy": "golden_cross"}]
    other = load_profile("backtest", {"strategies": three})
    keys = {each.key for each in changes(A, other)}
    assert {"strategies.0.enabled", "strategies.1.strategy", "strategies.2.strategy"} <= keys
