"""The Pareto tail, on laws whose tail is known and on published estimates."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.measures.extreme import Pareto, filtered_pot_tail, fit_pareto, pareto_tail, pot_tail
from risk.measures.tails import empirical_tail


def law(scale: float, shape: float) -> Pareto:
    return Pareto(np.array(scale), np.array(shape))


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.2, 0.4])
def test_the_law_that_made_the_exceedances_is_found(shape: float) -> None:
    uniform = np.random.default_rng(1).random((4, 50_000))
    sample = -np.log1p(-uniform) if shape == 0.0 else np.expm1(-shape * np.log1p(-uniform)) / shape
    found = fit_pareto(0.02 * sample)
    assert found.scale == pytest.approx([0.02] * 4, rel=0.03)
    assert found.shape == pytest.approx([shape] * 4, abs=0.03)


def test_var_and_es_of_a_tail_are_those_that_empyrical_publishes(shared: Path) -> None:
    cases = json.loads(gzip.decompress((shared / "reference" / "empyrical_cases.json.gz").read_bytes()))["cases"]
    printed = [case["arguments_then_expected"][-1] for case in cases if case["function"] == "gpd_risk_estimates"]
    checked = 0
    for threshold, scale, shape, var, es in (row for row in printed if len(row) == 5 and row[1] > 0):
        share = 0.01 * np.exp((var - threshold) / scale)
        tail = pareto_tail(threshold, law(scale, shape), share=float(share), confidence=0.99)
        assert (float(tail.var), float(tail.es)) == pytest.approx((var, es), abs=1e-5)
        checked += 1
    assert checked == 3


def test_es_is_the_mean_of_the_tail_beyond_var() -> None:
    tails = [pareto_tail(0.03, law(0.02, 0.25), share=0.1, confidence=1 - 0.01 * (i + 0.5) / 4000) for i in range(4000)]
    at = pareto_tail(0.03, law(0.02, 0.25), share=0.1, confidence=0.99)
    assert float(np.mean([float(tail.var) for tail in tails])) == pytest.approx(float(at.es), rel=2e-3)


def test_a_heavy_tail_is_seen_beyond_the_sample() -> None:
    returns = np.random.default_rng(3).standard_t(3, size=(400, 500))
    tail = pot_tail(returns, confidence=0.999)
    assert float(np.median(tail.var)) == pytest.approx(10.21, rel=0.15)


@pytest.mark.parametrize(
    ("returns", "confidence"),
    [
        (np.random.default_rng(4).normal(size=150), 0.99),
        (np.random.default_rng(4).normal(size=500), 0.85),
        (np.concatenate([np.full(400, 0.01), np.full(100, -0.02)]), 0.99),
    ],
    ids=["too few exceedances", "short of the threshold", "exceedances all alike"],
)
def test_where_no_law_can_be_fitted_the_sample_itself_is_taken(returns: np.ndarray, confidence: float) -> None:
    assert pot_tail(returns, confidence=confidence) == empirical_tail(returns, confidence=confidence)


@settings(max_examples=100)
@given(seed=st.integers(0, 10_000), freedom=st.sampled_from([1, 2, 4]), zeros=st.integers(0, 480))
def test_the_fit_always_has_a_finite_shortfall_not_below_var(seed: int, freedom: int, zeros: int) -> None:
    returns = np.random.default_rng(seed).standard_t(freedom, size=500) * 0.01
    returns[:zeros] = 0.0
    for tail in (pot_tail(returns, confidence=0.99), filtered_pot_tail(returns, confidence=0.99)):
        assert np.isfinite(tail.es)
        assert tail.es >= tail.var - 1e-12


def test_a_tail_without_a_mean_is_refused() -> None:
    with pytest.raises(ValueError, match="no expected shortfall"):
        pareto_tail(0.02, law(0.01, 1.0), share=0.1, confidence=0.99)
    with pytest.raises(ValueError, match="exceedances"):
        fit_pareto([0.1, 0.1, 0.1])
