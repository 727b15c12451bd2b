"""Components add up, agree with a published one, and are the derivatives that they claim to be."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.measures.basic import gaussian_es, gaussian_var, historical_es, historical_var
from risk.measures.portfolio_risk import gaussian_contributions, historical_contributions
from risk.measures.stressed import stressed_tail

RETURNS = (
    np.random.default_rng(2).standard_t(4, size=(400, 3))
    * [0.01, 0.02, 0.005]
    @ np.array([[1.0, 0.6, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 1.0]])
)
WEIGHTS = np.array([0.05, 0.03, -0.02])


@settings(max_examples=60)
@given(
    weights=st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3).filter(lambda w: max(map(abs, w)) > 1e-3),
    confidence=st.sampled_from([0.9, 0.95, 0.99]),
)
def test_components_add_up_to_the_whole(weights: list[float], confidence: float) -> None:
    portfolio = RETURNS @ np.array(weights)
    normal = gaussian_contributions(RETURNS, weights, confidence=confidence)
    past = historical_contributions(RETURNS, weights, confidence=confidence)
    assert normal.component_var.sum() == pytest.approx(gaussian_var(portfolio, confidence=confidence))
    assert normal.component_es.sum() == pytest.approx(gaussian_es(portfolio, confidence=confidence))
    assert past.component_var.sum() == pytest.approx(historical_var(portfolio, confidence=confidence))
    assert past.component_es.sum() == pytest.approx(historical_es(portfolio, confidence=confidence))


@pytest.mark.parametrize("contributions", [gaussian_contributions, historical_contributions])
def test_a_marginal_figure_is_the_derivative_by_the_weight(contributions: object) -> None:
    assert callable(contributions)
    found, step = contributions(RETURNS, WEIGHTS, confidence=0.95), 1e-8
    for i in range(3):
        more, less = WEIGHTS.copy(), WEIGHTS.copy()
        more[i] += step
        less[i] -= step
        up, down = (contributions(RETURNS, changed, confidence=0.95) for changed in (more, less))
        assert (up.var - down.var) / (2 * step) == pytest.approx(found.marginal_var[i], rel=1e-4)
        assert (up.es - down.es) / (2 * step) == pytest.approx(found.marginal_es[i], rel=1e-4)


def test_a_hedge_carries_less_than_nothing() -> None:
    one = np.random.default_rng(1).normal(0.0, 0.02, 500)
    found = gaussian_contributions(np.column_stack([one, one]), [1.0, -0.5], confidence=0.99)
    assert found.component_var[1] < 0 < found.component_var[0]


def test_the_component_figure_that_performanceanalytics_publishes_is_met(shared: Path) -> None:
    worked = json.loads((shared / "reference" / "worked_examples_var_es_kelly.json").read_text())
    printed = worked["performanceanalytics_baseline"]["component_var_gaussian_cols_1_3_weights_0.3_0.4_0.3"]
    table = pd.read_csv(shared / "reference" / "performanceanalytics" / "edhec_monthly_returns.csv", index_col=0)
    found = gaussian_contributions(table.iloc[:100, :3].to_numpy(), [0.3, 0.4, 0.3], confidence=0.95)
    mean = float((table.iloc[:100, :3].to_numpy() @ [0.3, 0.4, 0.3]).mean())
    with_sample_covariance = (found.var + mean) * (100 / 99) ** 0.5 - mean
    assert with_sample_covariance == pytest.approx(printed, abs=1e-6)


@pytest.mark.parametrize(
    ("returns", "weights"),
    [(RETURNS, [0.1, 0.2]), (RETURNS[:, 0], [1.0]), (RETURNS * np.nan, WEIGHTS), (RETURNS * 0, WEIGHTS)],
)
def test_what_has_no_contributions_is_refused(returns: np.ndarray, weights: list[float]) -> None:
    with pytest.raises(ValueError):
        gaussian_contributions(returns, weights, confidence=0.95)


def test_the_stressed_figures_are_of_the_worst_window() -> None:
    returns = np.random.default_rng(3).normal(0.0, 0.01, 600)
    returns[200:260] *= 6
    found = stressed_tail(returns, window=60, confidence=0.95)
    windows = [returns[i : i + 60] for i in range(541)]
    assert found.var == max(historical_var(window, confidence=0.95) for window in windows)
    assert found.es == pytest.approx(max(historical_es(window, confidence=0.95) for window in windows))
    assert 210 < found.var_last < 310
    assert historical_var(returns[found.var_last - 59 : found.var_last + 1], confidence=0.95) == found.var
