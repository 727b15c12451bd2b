"""VaR, expected shortfall, volatility and correlation: worked numbers, invariants, refusals."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.measures.basic import (
    Floats,
    correlation,
    gaussian_es,
    gaussian_var,
    historical_es,
    historical_var,
    modified_es,
    modified_var,
    moments,
    scale_to_horizon,
    volatility,
)

Tail = Callable[..., float]
PAIRS: list[tuple[Tail, Tail]] = [
    (historical_var, historical_es),
    (gaussian_var, gaussian_es),
    (modified_var, modified_es),
]
ALL = [measure for pair in PAIRS for measure in pair]

returns = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60).map(lambda r: np.array(r, dtype=np.float64))
confidences = st.sampled_from([0.9, 0.95, 0.975, 0.99])


@pytest.fixture
def worked(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "reference" / "worked_examples_var_es_kelly.json").read_text())
    return loaded


def test_the_worked_baseline_of_convertible_arbitrage_agrees(shared: Path, worked: dict[str, Any]) -> None:
    frame = pd.read_csv(shared / "reference" / "performanceanalytics" / "edhec_monthly_returns.csv")
    sample = frame["Convertible Arbitrage"].to_numpy(np.float64)[:100]
    expected = worked["performanceanalytics_baseline"]
    assert -historical_var(sample, confidence=0.95) == pytest.approx(expected["var_historical"], abs=1e-6)
    assert -gaussian_var(sample, confidence=0.95) == pytest.approx(expected["var_gaussian"], abs=1e-6)
    assert -modified_var(sample, confidence=0.95) == pytest.approx(expected["var_modified"], abs=1e-6)
    assert -historical_es(sample, confidence=0.95) == pytest.approx(expected["es_historical"], abs=1e-6)
    assert -gaussian_es(sample, confidence=0.95) == pytest.approx(expected["es_gaussian"], abs=1e-6)


@pytest.mark.parametrize(("tail_percent", "agrees"), [(5, True), (10, True), (40, True), (20, False), (30, False)])
def test_the_discrete_example_agrees_wherever_the_tail_does_not_split_equal_losses(
    worked: dict[str, Any], tail_percent: int, agrees: bool
) -> None:
    """Between 10 % and 40 % the worked example counts only part of the equal losses of 20; we average all of them."""
    example = worked["expected_shortfall_discrete"]
    sample = [profit for share, profit in example["profit_distribution"] for _ in range(round(share * 10))]
    ours = historical_es(sample, confidence=1 - tail_percent / 100)
    assert (ours == pytest.approx(example["es_by_tail_percent"][str(tail_percent)])) is agrees
    assert ours <= example["es_by_tail_percent"][str(tail_percent)] + 1e-9


@pytest.mark.parametrize("measure", ALL)
def test_a_loss_is_a_positive_number(measure: Tail) -> None:
    assert measure([-0.05, -0.04, -0.03, -0.02, -0.01], confidence=0.95) > 0.03


@pytest.mark.parametrize("measure", ALL)
def test_a_sure_gain_is_a_negative_loss_and_is_not_clamped(measure: Tail) -> None:
    assert measure([0.01] * 30, confidence=0.95) == pytest.approx(-0.01)


@pytest.mark.parametrize("pair", PAIRS)
@given(sample=returns, confidence=confidences)
@settings(max_examples=60)
def test_the_shortfall_is_never_below_the_var(pair: tuple[Tail, Tail], sample: Floats, confidence: float) -> None:
    var, shortfall = (measure(sample, confidence=confidence) for measure in pair)
    assert shortfall >= var - 1e-12


@pytest.mark.parametrize("measure", ALL)
@given(sample=returns, confidence=confidences, factor=st.floats(0.25, 4.0), shift=st.floats(-0.1, 0.1))
@settings(max_examples=40)
def test_a_loss_scales_with_the_position_and_falls_by_what_is_surely_earned(
    measure: Tail, sample: Floats, confidence: float, factor: float, shift: float
) -> None:
    if np.ptp(sample) < 1e-6:
        return
    base = measure(sample, confidence=confidence)
    assert measure(sample * factor + shift, confidence=confidence) == pytest.approx(base * factor - shift, abs=1e-6)


@given(sample=returns, confidence=confidences)
@settings(max_examples=60)
def test_the_historical_var_is_numpys_quantile_and_the_shortfall_the_mean_beyond(
    sample: Floats, confidence: float
) -> None:
    quantile = np.quantile(sample, 1 - confidence)
    assert historical_var(sample, confidence=confidence) == -quantile
    assert historical_es(sample, confidence=confidence) == -sample[sample <= quantile].mean()


def test_a_normal_sample_makes_all_three_methods_agree() -> None:
    grid = np.array([(i + 0.5) / 4000 for i in range(4000)])
    z = np.array([math.sqrt(2) * _erfinv(2 * p - 1) for p in grid])
    for measure in (historical_var, gaussian_var, modified_var):
        assert measure(0.01 * z, confidence=0.975) == pytest.approx(0.019600, abs=5e-5)
    for measure in (historical_es, gaussian_es, modified_es):
        assert measure(0.01 * z, confidence=0.975) == pytest.approx(0.023378, abs=5e-5)


def _erfinv(y: float) -> float:
    low, high = -6.0, 6.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle) < y else (low, middle)
    return low


def test_a_fat_left_tail_makes_the_modified_var_larger_than_the_gaussian() -> None:
    sample = [0.01, -0.01] * 50 + [-0.12]
    assert moments(sample).skewness < 0
    assert modified_var(sample, confidence=0.99) > gaussian_var(sample, confidence=0.99) * 1.5


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    ("bad", "says"),
    [([], "at least"), ([0.01, math.nan], "1 of 2"), ([0.01, math.inf], "infinite"), ([[0.01]], "shape")],
)
def test_bad_returns_are_refused_with_the_reason(measure: Tail, bad: list[Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        measure(bad, confidence=0.95)


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize("confidence", [0.05, 0.5, 1.0, math.nan])
def test_a_confidence_that_is_a_tail_or_certainty_is_refused(measure: Tail, confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        measure([0.01, -0.01], confidence=confidence)


def test_a_day_of_hourly_bars_is_nearly_five_times_the_loss_of_one() -> None:
    assert scale_to_horizon(0.01, 24) == pytest.approx(0.0489897948)
    assert scale_to_horizon(-0.01, 4) == -0.02


@pytest.mark.parametrize(("value", "bars"), [(math.nan, 24), (0.01, 0), (0.01, -1), (0.01, math.inf)])
def test_an_impossible_horizon_is_refused(value: float, bars: float) -> None:
    with pytest.raises(ValueError, match="cannot scale"):
        scale_to_horizon(value, bars)


def test_volatility_is_the_sample_deviation_of_a_year_that_never_closes() -> None:
    assert volatility([0.01, -0.01], bars_per_year=8760) == pytest.approx(math.sqrt(0.0002) * math.sqrt(8760))
    assert volatility([0.1] * 7, bars_per_year=365) == 0.0


@pytest.mark.parametrize("bars_per_year", [0, -1, math.nan])
def test_a_year_without_bars_is_refused(bars_per_year: float) -> None:
    with pytest.raises(ValueError, match="bars_per_year"):
        volatility([0.01, 0.02], bars_per_year=bars_per_year)


@given(first=returns, second=returns)
@settings(max_examples=100)
def test_a_correlation_agrees_with_numpy_lies_in_its_range_and_is_symmetric(first: Floats, second: Floats) -> None:
    n = min(len(first), len(second))
    a, b = first[:n], second[:n]
    measured = correlation(a, b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert measured is None
        return
    assert measured is not None
    assert -1.0 <= measured <= 1.0
    assert measured == correlation(b, a)
    if np.ptp(a) > 1e-6 and np.ptp(b) > 1e-6:
        assert measured == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)


def test_a_flat_series_has_an_unknown_correlation_and_not_none_at_all() -> None:
    assert correlation([0.1, 0.1, 0.1], [0.01, -0.02, 0.03]) is None
    assert correlation([0.01, -0.02, 0.03], [0.02, -0.04, 0.06]) == pytest.approx(1.0)


def test_series_of_different_lengths_are_not_aligned() -> None:
    with pytest.raises(ValueError, match="not aligned: 2 and 3"):
        correlation([0.1, 0.2], [0.1, 0.2, 0.3])
