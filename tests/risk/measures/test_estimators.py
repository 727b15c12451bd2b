"""What every VaR and ES estimator keeps, by whatever name the profile calls it: scale, order, the tail, and no NaN."""

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.sections.limits import VarMethod
from config.seeds import generator
from risk.measures.basic import Floats
from risk.measures.estimators import estimate_es, estimate_var

METHODS: tuple[VarMethod, ...] = get_args(VarMethod)
UNCONDITIONAL: tuple[VarMethod, ...] = ("historical", "gaussian", "cornish_fisher", "evt")
"""They do not see in which order returns came."""

FILTERED: tuple[VarMethod, ...] = ("ewma", "fhs_ewma", "evt_ewma")
SETS = settings(max_examples=25)

each_method = pytest.mark.parametrize("method", METHODS)
SEEDS = st.integers(0, 10**6)


def returns(seed: int = 1, n: int = 500, freedom: float = 5.0) -> Floats:
    """Heavy-tailed returns of some per cent a bar."""
    return np.asarray(0.01 * generator(seed, "returns").standard_t(freedom, size=n), dtype=np.float64)


def both(values: Floats, method: VarMethod, confidence: float = 0.95) -> tuple[float, float]:
    return (
        estimate_var(values, method=method, confidence=confidence),
        estimate_es(values, method=method, confidence=confidence),
    )


def test_every_method_of_the_profile_is_an_estimator_and_is_put_in_one_of_two_kinds() -> None:
    assert {*UNCONDITIONAL, *FILTERED} == set(METHODS)


@each_method
@SETS
@given(seed=SEEDS, confidence=st.floats(0.9, 0.995))
def test_the_shortfall_is_never_below_the_var(method: VarMethod, seed: int, confidence: float) -> None:
    var, es = both(returns(seed), method, confidence)
    assert math.isfinite(var)
    assert math.isfinite(es)
    assert es >= var - 1e-12


@each_method
@SETS
@given(seed=SEEDS, factor=st.sampled_from([0.001, 0.5, 2.0, 7.0]))
def test_a_larger_position_loses_as_much_more(method: VarMethod, seed: int, factor: float) -> None:
    one, more = both(returns(seed), method), both(factor * returns(seed), method)
    assert more == pytest.approx(tuple(factor * loss for loss in one), rel=1e-8)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "cornish_fisher"])
@SETS
@given(seed=SEEDS)
def test_more_confidence_never_means_a_smaller_loss(method: VarMethod, seed: int) -> None:
    """But for Cornish-Fisher, whose expansion may turn back where the fourth moment is large."""
    losses = [both(returns(seed), method, confidence) for confidence in (0.90, 0.95, 0.975, 0.99)]
    assert [var for var, _ in losses] == sorted(var for var, _ in losses)
    assert [es for _, es in losses] == sorted(es for _, es in losses)


@pytest.mark.parametrize("method", UNCONDITIONAL)
@SETS
@given(seed=SEEDS)
def test_without_a_filter_the_order_of_the_past_does_not_matter(method: VarMethod, seed: int) -> None:
    values = returns(seed)
    shuffled = generator(seed, "order").permutation(values)
    assert both(shuffled, method) == pytest.approx(both(values, method), rel=1e-9)


@pytest.mark.parametrize("method", FILTERED)
def test_with_a_filter_a_storm_at_the_end_counts_more_than_one_at_the_beginning(method: VarMethod) -> None:
    calm = returns()
    storm = np.where(np.arange(len(calm)) >= 450, 4.0, 1.0)
    assert both(calm * storm, method)[0] > 1.5 * both(calm * storm[::-1], method)[0]


@pytest.mark.parametrize("method", ["historical", "gaussian"])
@SETS
@given(seed=SEEDS, earned=st.floats(-0.02, 0.02))
def test_what_is_surely_earned_is_surely_not_lost(method: VarMethod, seed: int, earned: float) -> None:
    before, after = both(returns(seed), method), both(returns(seed) + earned, method)
    assert after == pytest.approx(tuple(loss - earned for loss in before), abs=1e-9)


@pytest.mark.parametrize("method", ["historical", "ewma"])
@SETS
@given(seed=SEEDS)
def test_a_worse_worst_return_never_makes_the_shortfall_smaller(method: VarMethod, seed: int) -> None:
    worse = returns(seed)
    worse[worse.argmin()] *= 1.5
    assert both(worse, method)[1] >= both(returns(seed), method)[1] - 1e-12


@each_method
def test_a_normal_sample_has_the_loss_of_its_law(method: VarMethod) -> None:
    values = 0.01 * generator(2, "normal").standard_normal(20_000)
    var, es = both(np.asarray(values), method)
    slack = 0.35 if method in FILTERED else 0.05
    assert var == pytest.approx(0.016449, rel=slack)
    assert es == pytest.approx(0.020627, rel=slack)


@each_method
def test_a_book_that_never_moved_loses_nothing(method: VarMethod) -> None:
    assert both(np.zeros(500), method) == (0.0, 0.0)


@each_method
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_return_that_is_no_number_is_refused_and_never_passed_over(method: VarMethod, bad: float) -> None:
    values = returns()
    values[250] = bad
    for estimate in (estimate_var, estimate_es):
        with pytest.raises(ValueError):
            estimate(values, method=method, confidence=0.95)


@each_method
@pytest.mark.parametrize("confidence", [0.0, 0.05, 0.5, 1.0, 1.5, float("nan")])
def test_a_confidence_that_is_none_is_refused(method: VarMethod, confidence: float) -> None:
    for estimate in (estimate_var, estimate_es):
        with pytest.raises(ValueError):
            estimate(returns(), method=method, confidence=confidence)


@each_method
def test_estimating_does_not_change_what_was_given(method: VarMethod) -> None:
    values = returns()
    before = values.copy()
    first = both(values, method)
    assert both(values, method) == first
    np.testing.assert_array_equal(values, before)
