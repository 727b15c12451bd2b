"""One day is measured by time: the same steps, memory and history on bars of any length."""

import numpy as np
import pytest
from gate_support import LIMITS

from risk.measures.ewma import RISKMETRICS, Memory
from risk.measures.horizon import Horizon, horizon_of, one_day_es, one_day_var, steps_needed

BY_BAR = LIMITS.model_copy(update={"var_horizon": "bar"})
DAY_BARS = {"1m": 1440.0, "5m": 288.0, "15m": 96.0, "30m": 48.0, "1h": 24.0, "4h": 6.0, "1d": 1.0}


@pytest.mark.parametrize(
    ("timeframe", "step", "window", "least"),
    [
        ("1m", 120, 30_000, 11_880), ("5m", 24, 6_000, 2_376), ("15m", 8, 2_000, 792), ("30m", 4, 1_000, 396),
        ("1h", 2, 500, 198), ("4h", 1, 500, 99), ("1d", 1, 500, 99),
    ],
)  # fmt: skip
def test_a_step_is_two_hours_or_one_bar_and_the_window_five_hundred_hours_or_bars(
    timeframe: str, step: int, window: int, least: int
) -> None:
    found = horizon_of(LIMITS, DAY_BARS[timeframe])
    assert (found.step_bars, found.window_bars, found.least_bars) == (step, window, least)
    assert found.memory.decay**found.steps_per_day == pytest.approx(0.5), "half is forgotten in a day"
    assert (found.memory.falls, found.memory.floored) == (1.5, True)


@pytest.mark.parametrize("per_day", DAY_BARS.values())
def test_the_older_rule_measures_bars_whatever_their_length(per_day: float) -> None:
    assert horizon_of(BY_BAR, per_day) == Horizon(1, per_day, RISKMETRICS, 500, 50)


@pytest.mark.parametrize(("confidence", "least"), [(0.99, 99), (0.975, 39), (0.95, 19), (0.995, 199), (0.9, 9)])
def test_a_quantile_needs_a_sample_whose_smallest_value_reaches_it(confidence: float, least: int) -> None:
    assert steps_needed(confidence) == least


def test_a_higher_confidence_asks_for_more_history_and_a_window_that_is_shorter_for_no_more_than_it_has() -> None:
    assert horizon_of(LIMITS.model_copy(update={"var_confidence": 0.995}), 24.0).least_bars == 398
    assert horizon_of(LIMITS.model_copy(update={"es_confidence": 0.995}), 24.0).least_bars == 398
    assert horizon_of(LIMITS.model_copy(update={"var_confidence": 0.9, "es_confidence": 0.9}), 24.0).least_bars == 100
    short = LIMITS.model_copy(update={"risk_window_bars": 60, "risk_window_h": 0})
    assert horizon_of(short, 24.0).least_bars == 60
    longer = LIMITS.model_copy(update={"risk_window_bars": 700, "risk_window_h": 600})
    assert horizon_of(longer, 24.0).window_bars == 700
    assert horizon_of(longer, 288.0).window_bars == 7_200


@pytest.mark.parametrize("per_day", [0.0, -1.0, float("inf"), float("nan")])
def test_a_day_without_bars_is_refused(per_day: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        horizon_of(LIMITS, per_day)


def test_steps_are_sums_of_bars_that_end_with_the_last_one() -> None:
    three = Horizon(3, 8.0, Memory(), 100, 50)
    assert three.steps(np.arange(8.0)).tolist() == [2 + 3 + 4, 5 + 6 + 7]
    assert three.steps(np.arange(16.0).reshape(8, 2)).tolist() == [[4 + 6 + 8, 5 + 7 + 9], [10 + 12 + 14, 11 + 13 + 15]]
    assert three.steps(np.arange(2.0)).shape == (0,)
    whole = np.arange(5.0)
    assert Horizon(1, 24.0, Memory(), 100, 50).steps(whole) is whole


def test_the_same_days_have_the_same_risk_on_bars_of_an_hour_and_of_five_minutes() -> None:
    fine = np.random.default_rng(5).standard_t(4, size=6_000) * 0.001
    hourly = fine.reshape(500, 12).sum(axis=1)
    five, one = horizon_of(LIMITS, 288.0), horizon_of(LIMITS, 24.0)
    for measure in (one_day_var, one_day_es):
        assert measure(five.steps(fine), LIMITS, five) == pytest.approx(measure(one.steps(hourly), LIMITS, one))
    bar, by_bar = horizon_of(BY_BAR, 24.0), horizon_of(BY_BAR, 288.0)
    assert one_day_var(hourly, BY_BAR, bar) != pytest.approx(one_day_var(fine, BY_BAR, by_bar), rel=0.01)


def test_a_calm_hour_does_not_make_a_calm_day() -> None:
    returns = np.random.default_rng(6).standard_t(4, size=500) * 0.01
    calm = returns.copy()
    calm[-24:] *= 0.02
    day, bar = horizon_of(LIMITS, 24.0), horizon_of(BY_BAR, 24.0)
    assert one_day_var(bar.steps(calm), BY_BAR, bar) < 0.5 * one_day_var(bar.steps(returns), BY_BAR, bar)
    assert one_day_var(day.steps(calm), LIMITS, day) > 0.75 * one_day_var(day.steps(returns), LIMITS, day)


def test_the_next_day_of_independent_returns_is_beyond_its_var_as_often_as_it_says() -> None:
    chance, found = np.random.default_rng(8), 0
    day = horizon_of(LIMITS, 24.0)
    for _ in range(3_000):
        drawn = chance.normal(0.0, 0.01, 524)
        found += bool(drawn[500:].sum() < -one_day_var(day.steps(drawn[:500]), LIMITS, day))
    assert 0.006 < found / 3_000 < 0.015
