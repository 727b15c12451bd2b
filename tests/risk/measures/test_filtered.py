"""Volatility that follows the market, and tails in units of it."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.sections.limits import VarMethod
from evidence.riskmodel.garch import RISKMETRICS, Garch, fit_garch, garch_variances
from risk.measures.basic import Floats
from risk.measures.estimators import estimate_es, estimate_var
from risk.measures.ewma import DECAY, Memory, ewma_tail, ewma_variances
from risk.measures.filtered import filtered_tail, filtered_tails, standardised
from risk.measures.tails import empirical_tail

METHODS: tuple[VarMethod, ...] = (
    "historical", "gaussian", "cornish_fisher", "ewma", "fhs_ewma", "evt", "evt_ewma",
)  # fmt: skip


def clustered(number: int, law: Garch, seed: int = 5) -> Floats:
    """Returns of a GARCH(1,1) with normal shocks."""
    shocks = np.random.default_rng(seed).standard_normal(number)
    variance, returns = law.omega / (1 - law.alpha - law.beta), np.empty(number)
    for i, shock in enumerate(shocks):
        returns[i] = shock * np.sqrt(variance)
        variance = law.omega + law.alpha * returns[i] ** 2 + law.beta * variance
    return returns


@settings(max_examples=60)
@given(
    values=st.lists(st.floats(-0.5, 0.5, allow_subnormal=False), min_size=2, max_size=50),
    decay=st.floats(0.05, 0.999),
    falls=st.floats(1.0, 2.0),
    floored=st.booleans(),
)
def test_variances_are_those_of_the_recursion(values: list[float], decay: float, falls: float, floored: bool) -> None:
    expected = [float(np.mean(np.square(values)))]
    for value in values:
        weight = falls if value < 0 else 2 - falls
        expected.append(decay * expected[-1] + (1 - decay) * weight * value**2)
    expected = [max(value, expected[0] if floored else 0.0) for value in expected]
    found = ewma_variances(values, memory=Memory(decay, falls, floored))
    assert found.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    "memory", [Memory(0.0), Memory(1.0), Memory(0.9, 0.9), Memory(0.9, 2.1), Memory(0.9, float("nan"))]
)
def test_a_memory_out_of_range_is_refused(memory: Memory) -> None:
    with pytest.raises(ValueError, match="between"):
        ewma_variances([0.1, -0.1], memory=memory)


def test_a_window_of_many_thousand_bars_is_no_other_recursion() -> None:
    returns = np.random.default_rng(0).normal(0.0, 0.01, 20_000)
    variance = float(np.mean(returns**2))
    for value in returns:
        variance = DECAY * variance + (1 - DECAY) * value**2
    assert ewma_variances(returns)[-1] == pytest.approx(variance, rel=1e-9)


def test_ewma_var_and_es_are_those_of_a_normal_law() -> None:
    tail = ewma_tail([0.01, -0.01, 0.01, -0.01], confidence=0.99)
    law = NormalDist(0.0, 0.01)
    assert float(tail.var) == pytest.approx(-law.inv_cdf(0.01))
    assert float(tail.es) == pytest.approx(0.01 * NormalDist().pdf(NormalDist().inv_cdf(0.01)) / 0.01)


def test_the_next_return_is_below_an_empirical_quantile_as_often_as_it_says() -> None:
    chance = np.random.default_rng(8)
    samples, nexts = chance.standard_normal((20_000, 99)), chance.standard_normal(20_000)
    for confidence in (0.90, 0.95, 0.97):
        below = (nexts < -empirical_tail(samples, confidence=confidence).var).mean()
        assert below == pytest.approx(1 - confidence, abs=4 * np.sqrt(confidence * (1 - confidence) / 20_000))


def test_of_99_returns_the_fifth_smallest_is_the_quantile_that_the_next_falls_below_with_5_percent() -> None:
    tail = empirical_tail(-np.arange(1.0, 100.0), confidence=0.95)
    assert (float(tail.var), float(tail.es)) == pytest.approx((95.0, 97.0))


def test_where_the_sample_is_too_short_the_worst_that_was_seen_is_both() -> None:
    tail = empirical_tail([-0.03, 0.01, 0.02], confidence=0.99)
    assert float(tail.var) == float(tail.es) == pytest.approx(0.03)


@settings(max_examples=100)
@given(
    values=st.lists(st.floats(-0.9, 0.9, allow_subnormal=False), min_size=2, max_size=80),
    confidence=st.sampled_from([0.9, 0.95, 0.975, 0.99]),
)
def test_expected_shortfall_is_never_below_var(values: list[float], confidence: float) -> None:
    tail = empirical_tail(values, confidence=confidence)
    assert tail.es >= tail.var - 1e-12


def test_a_storm_raises_the_filtered_estimate_and_a_calm_lowers_it() -> None:
    chance = np.random.default_rng(4)
    quiet, loud = chance.normal(0.0, 0.002, 250), chance.normal(0.0, 0.02, 250)
    storm = filtered_tail(np.concatenate([quiet, loud]), confidence=0.99)
    calm = filtered_tail(np.concatenate([loud, quiet]), confidence=0.99)
    assert storm.var > 5 * calm.var
    assert storm.es > 5 * calm.es


@pytest.mark.parametrize("method", METHODS)
def test_twice_the_position_has_twice_the_risk(method: VarMethod) -> None:
    returns = clustered(500, Garch(2e-6, 0.1, 0.85))
    for estimate in (estimate_var, estimate_es):
        one, two = (estimate(returns * size, method=method, confidence=0.99) for size in (1.0, 2.0))
        assert two == pytest.approx(2 * one)


@pytest.mark.parametrize("method", METHODS)
def test_a_book_of_nothing_risks_nothing_and_a_nan_is_refused(method: VarMethod) -> None:
    for estimate in (estimate_var, estimate_es):
        assert estimate(np.zeros(500), method=method, confidence=0.99) == 0.0
        with pytest.raises(ValueError):
            estimate([0.1, float("nan"), *[0.0] * 60], method=method, confidence=0.99)
        with pytest.raises(ValueError):
            estimate(np.zeros(500), method=method, confidence=1.0)


def test_the_first_move_after_a_long_standstill_has_a_size() -> None:
    returns = np.zeros(20_000)
    returns[0], returns[-1] = 0.01, -0.01
    scaled = standardised(returns, ewma_variances(returns))
    assert np.isfinite(scaled).all()
    assert scaled[-1] < -1000


@pytest.mark.slow
def test_a_fit_finds_the_garch_that_made_the_returns() -> None:
    law = Garch(2e-6, 0.10, 0.85)
    found = fit_garch(clustered(4000, law))
    assert found is not None
    assert found.alpha == pytest.approx(law.alpha, abs=0.03)
    assert found.beta == pytest.approx(law.beta, abs=0.05)
    assert found.omega == pytest.approx(law.omega, rel=0.5)


def test_garch_variances_follow_the_recursion_from_their_start() -> None:
    law, returns = Garch(1e-5, 0.2, 0.7), [0.01, -0.02, 0.03]
    expected = [4e-4]
    for value in returns:
        expected.append(law.omega + law.alpha * value**2 + law.beta * expected[-1])
    assert garch_variances(returns, law, start=4e-4).tolist() == pytest.approx(expected)


def test_the_riskmetrics_garch_is_the_ewma() -> None:
    returns = np.random.default_rng(6).normal(0.0, 0.01, 200)
    same = garch_variances(returns, RISKMETRICS, start=float(np.mean(returns**2)))
    assert same.tolist() == pytest.approx(ewma_variances(returns).tolist())


def test_constant_returns_have_no_garch() -> None:
    with pytest.raises(ValueError, match="constant"):
        fit_garch(np.full(100, 0.01))


def test_a_series_that_is_written_over_is_measured_anew() -> None:
    returns = np.random.default_rng(9).normal(0.0, 0.01, 300)
    first = estimate_var(returns, method="fhs_ewma", confidence=0.99)
    again = estimate_var(returns.copy(), method="fhs_ewma", confidence=0.99)
    returns[-1] = -0.2
    assert again == first
    assert estimate_var(returns, method="fhs_ewma", confidence=0.99) > 2 * first
    assert estimate_es(returns[:-1], method="fhs_ewma", confidence=0.99) != estimate_es(
        returns, method="fhs_ewma", confidence=0.99
    )


def test_a_series_alone_has_the_tail_that_it_has_among_others() -> None:
    windows = np.random.default_rng(10).standard_t(4, (6, 300)) * 0.01
    together = filtered_tail(windows, confidence=0.975)
    apart = [filtered_tail(window, confidence=0.975) for window in windows]
    assert [float(tail.var) for tail in apart] == together.var.tolist()
    assert [float(tail.es) for tail in apart] == together.es.tolist()


@pytest.mark.parametrize("memory", [Memory(), Memory(0.94, 1.5, floored=True)])
def test_series_that_are_measured_together_have_the_bits_of_each_alone(memory: Memory) -> None:
    drawn = np.random.default_rng(12)
    for bars in (2, 9, 250, 500):
        rows = drawn.normal(0.0, 0.01, (7, bars)) * (drawn.random((7, bars)) > 0.3)
        together = filtered_tails(rows, confidence=0.99, memory=memory)
        alone = [filtered_tail(row, confidence=0.99, memory=memory) for row in rows]
        assert together.var.tolist() == [each.var for each in alone]
        assert together.es.tolist() == [each.es for each in alone]
