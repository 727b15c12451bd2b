"""The shortfall tests against the published critical values, and the losses against forecasts known to be better."""

import numpy as np
import pytest
from scipy.stats import t as student

from config.seeds import generator
from evidence.riskmodel.losses import joint_loss, quantile_loss
from evidence.riskmodel.shortfall_tests import acerbi_szekely, null_law

RETURNS = 0.01 * np.random.default_rng(1).standard_t(4, size=5000)


def right(tail: float) -> tuple[float, float]:
    """VaR and ES of the law of RETURNS."""
    edge = student.ppf(tail, 4)
    return -0.01 * edge, 0.01 * student.pdf(edge, 4) / tail * (4 + edge**2) / 3


def severity(var_factor: float = 1.0, es_factor: float = 1.0, confidence: float = 0.975) -> tuple[float | None, ...]:
    var, es = right(1 - confidence)
    series = np.ones_like(RETURNS)
    law = null_law(len(RETURNS), confidence=confidence, chance=generator(7, "test"))
    return acerbi_szekely(RETURNS, series * var * var_factor, series * es * es_factor, confidence=confidence, law=law)


@pytest.mark.parametrize(("freedom", "printed"), [(3.0, -0.82), (5.0, -0.74), (10.0, -0.71), (100.0, -0.70)])
def test_critical_values_of_z2_are_those_of_the_paper(freedom: float, printed: float) -> None:
    law = null_law(250, confidence=0.975, chance=generator(7, "table"), freedom=freedom, draws=60_000)
    assert float(np.quantile(law.z2, 0.05)) == pytest.approx(printed, abs=0.03)


def test_the_true_forecast_passes_both_tests() -> None:
    z1, z1_p, z2, z2_p = severity()
    assert z1 == pytest.approx(0.0, abs=0.15)
    assert z2 == pytest.approx(0.0, abs=0.15)
    assert z1_p is not None
    assert z2_p is not None
    assert min(z1_p, z2_p) > 0.05


def test_a_shortfall_that_is_too_small_fails_both_and_one_too_large_fails_neither() -> None:
    _, small_z1, z2, small_z2 = severity(es_factor=0.8)
    _, large_z1, _, large_z2 = severity(es_factor=1.3)
    assert z2 == pytest.approx(-0.25, abs=0.1)
    assert small_z1 is not None
    assert small_z2 is not None
    assert max(small_z1, small_z2) < 0.01
    assert large_z1 is not None
    assert large_z2 is not None
    assert min(large_z1, large_z2) > 0.9


def test_only_the_second_statistic_sees_too_many_exceedances_of_a_right_size() -> None:
    var, es = right(0.05)
    series, law = np.ones_like(RETURNS), null_law(5000, confidence=0.975, chance=generator(7, "test"))
    found = acerbi_szekely(RETURNS, series * var, series * es, confidence=0.975, law=law)
    assert found.z1 == pytest.approx(0.0, abs=0.15)
    assert found.z1_p == pytest.approx((law.z1 <= found.z1).mean(), abs=1e-3)
    assert found.z2 < -0.7
    assert found.z2_p < 0.01


def test_without_any_exceedance_there_is_no_first_statistic() -> None:
    law = null_law(5000, confidence=0.975, chance=generator(7, "test"))
    found = acerbi_szekely(RETURNS, np.full(5000, 9.0), np.full(5000, 9.0), confidence=0.975, law=law)
    assert (found.z1, found.z1_p, found.z2) == (None, None, 1.0)


def test_the_same_seed_gives_the_same_law() -> None:
    one, two = (null_law(300, confidence=0.99, chance=generator(7, "a"), draws=500) for _ in range(2))
    assert np.array_equal(one.z2, two.z2)


def test_a_shortfall_of_nothing_cannot_be_tested_or_scored() -> None:
    law = null_law(10, confidence=0.975, chance=generator(7, "test"), draws=100)
    with pytest.raises(ValueError, match="above 0"):
        acerbi_szekely(np.zeros(10), np.zeros(10), np.zeros(10), confidence=0.975, law=law)
    with pytest.raises(ValueError, match="above 0"):
        joint_loss(np.zeros(10), np.zeros(10), np.zeros(10), confidence=0.975)
    with pytest.raises(ValueError, match="not aligned"):
        quantile_loss(np.zeros(10), np.zeros(9), confidence=0.975)


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.15, 1.4])
def test_the_true_forecast_has_the_lowest_losses(factor: float) -> None:
    var, es = (np.full_like(RETURNS, value) for value in right(0.025))
    assert quantile_loss(RETURNS, var, confidence=0.975) < quantile_loss(RETURNS, factor * var, confidence=0.975)
    true = joint_loss(RETURNS, var, es, confidence=0.975)
    assert true < joint_loss(RETURNS, var, factor * es, confidence=0.975)
    assert true < joint_loss(RETURNS, factor * var, factor * es, confidence=0.975)


def test_differences_of_the_joint_loss_have_no_unit() -> None:
    var, es = (np.full_like(RETURNS, value) for value in right(0.025))
    apart = [
        joint_loss(RETURNS * unit, var * unit, es * unit, confidence=0.975)
        - joint_loss(RETURNS * unit, 1.2 * var * unit, 1.2 * es * unit, confidence=0.975)
        for unit in (1.0, 100.0)
    ]
    assert apart[0] == pytest.approx(apart[1])
