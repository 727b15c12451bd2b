"""One estimator on one series: a right model passes, each kind of wrong one fails the test that is about it."""

import numpy as np
import pytest

from config.seeds import generator
from evidence.riskmodel.exceedances import Light
from evidence.riskmodel.model_tests import SIGNIFICANCE, TESTS, Findings, examine
from evidence.riskmodel.shortfall_tests import NullLaw, null_law
from risk.measures.basic import Floats
from risk.measures.tails import Tail

BARS = 2_000
CONFIDENCE = 0.95
VAR, ES = 1.6448536, 2.0627128
"""Of a standard normal law at 95 %."""


@pytest.fixture(scope="module")
def law() -> NullLaw:
    return null_law(BARS, confidence=CONFIDENCE, chance=generator(1, "law"), draws=2_000)


def normal(seed: int = 1) -> Floats:
    return generator(seed, "returns").standard_normal(BARS)


def forecast(var: float = VAR, es: float = ES) -> Tail:
    return Tail(np.full(BARS, var), np.full(BARS, es))


def found(returns: Floats, tail: Tail, law: NullLaw) -> Findings:
    return examine(returns, tail, confidence=CONFIDENCE, law=law)


def test_a_right_model_passes_every_test_nearly_always(law: NullLaw) -> None:
    failures = [name for seed in range(40) for name in found(normal(seed), forecast(), law).failed]
    assert len(failures) <= 40 * len(TESTS) * 3 * SIGNIFICANCE


def test_what_is_expected_and_what_happened_are_counted(law: NullLaw) -> None:
    returns = normal()
    told = found(returns, forecast(), law)
    assert told.bars == BARS
    assert told.expected == pytest.approx(100.0)
    assert told.exceeded == int((returns < -VAR).sum())
    assert told.light is Light.GREEN


@pytest.mark.parametrize("factor", [0.7, 1.5])
def test_a_var_that_is_too_small_or_too_large_fails_the_rate(law: NullLaw, factor: float) -> None:
    told = found(normal(), forecast(VAR * factor, ES * factor), law)
    assert "rate" in told.failed
    assert told.kupiec_p < SIGNIFICANCE


def test_a_model_that_knows_no_storms_fails_for_clusters(law: NullLaw) -> None:
    size = np.where(np.arange(BARS) % 400 < 60, 2.4, 0.55)
    told = found(normal() * size, forecast(), law)
    assert "clusters" in told.failed


def test_an_es_that_is_too_small_fails_for_severity_alone(law: NullLaw) -> None:
    returns = normal()
    crashed = np.where(returns < -VAR, 2.5 * returns, returns)
    told = found(crashed, forecast(), law)
    assert told.failed == ("severity",)
    assert told.severity is not None
    assert told.severity.z2 < -1.0


def test_an_es_that_is_too_large_passes_here_and_costs_in_the_loss(law: NullLaw) -> None:
    right, cautious = found(normal(), forecast(), law), found(normal(), forecast(VAR, 3.0 * ES), law)
    assert "severity" not in cautious.failed
    assert right.joint_loss is not None
    assert cautious.joint_loss is not None
    assert right.joint_loss < cautious.joint_loss


@pytest.mark.parametrize("es", [0.0, -0.1])
def test_an_es_that_promises_no_loss_has_no_severity_and_fails(law: NullLaw, es: float) -> None:
    told = found(normal(), forecast(VAR, es), law)
    assert told.severity is None
    assert told.joint_loss is None
    assert "severity" in told.failed


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_the_right_var_has_the_least_quantile_loss(law: NullLaw, factor: float) -> None:
    right, wrong = (found(normal(), forecast(VAR * times, ES * times), law) for times in (1.0, factor))
    assert right.quantile_loss < wrong.quantile_loss


def test_what_fails_is_named_in_the_order_of_the_tests(law: NullLaw) -> None:
    size = np.where(np.arange(BARS) % 400 < 100, 4.0, 1.0)
    told = found(normal() * size, forecast(), law)
    assert told.failed == TESTS
    assert told.light is Light.RED
