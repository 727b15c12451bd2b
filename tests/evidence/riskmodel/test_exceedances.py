"""Tests of exceedances against worked figures and tables of their papers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.riskmodel.exceedances import Light, conditional_coverage, independence, kupiec, traffic_light


def hits(number: int, *at: int) -> np.ndarray:
    flags = np.zeros(number, dtype=np.bool_)
    flags[list(at)] = True
    return flags


def test_kupiec_is_its_formula() -> None:
    statistic = -2 * (245 * math.log(0.99) + 10 * math.log(0.01) - 245 * math.log(245 / 255) - 10 * math.log(10 / 255))
    found = kupiec(hits(255, *range(10)), confidence=0.99)
    assert found.statistic == pytest.approx(statistic)
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(statistic / 2)))


@pytest.mark.parametrize(
    ("number", "confidence", "least", "most"),
    [(255, 0.99, 1, 6), (510, 0.99, 2, 10), (1000, 0.99, 5, 16), (255, 0.95, 7, 20), (510, 0.95, 17, 35), (1000, 0.95, 38, 64)],
)  # fmt: skip
def test_the_counts_that_pass_are_those_of_kupiecs_table(number: int, confidence: float, least: int, most: int) -> None:
    passed = [n for n in range(100) if kupiec(hits(number, *range(n)), confidence=confidence).p_value > 0.05]
    assert passed == list(range(least, most + 1))


def test_clusters_are_found_and_scattered_exceedances_pass() -> None:
    clustered = hits(1000, *range(100, 125), *range(700, 725))
    scattered = np.random.default_rng(1).random(1000) < 0.05
    assert independence(clustered).p_value < 1e-6
    assert independence(scattered).p_value > 0.05
    assert kupiec(clustered, confidence=0.95).p_value > 0.999
    assert conditional_coverage(clustered, confidence=0.95).p_value < 1e-6


def test_independence_is_its_formula() -> None:
    flags = np.array([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1], dtype=np.bool_)
    n00, n01, n10, n11 = 4, 3, 2, 3
    apart = n00 * math.log(4 / 7) + n01 * math.log(3 / 7) + n10 * math.log(2 / 5) + n11 * math.log(3 / 5)
    together = (n00 + n10) * math.log(6 / 12) + (n01 + n11) * math.log(6 / 12)
    assert independence(flags).statistic == pytest.approx(2 * (apart - together))


def test_without_exceedances_independence_tells_nothing() -> None:
    assert independence(hits(50)) == (0.0, 1.0)
    assert independence(hits(50, 49)) == (0.0, 1.0)
    assert kupiec(hits(500), confidence=0.99).p_value < 0.05


@settings(max_examples=100)
@given(st.lists(st.booleans(), min_size=2, max_size=200), st.sampled_from([0.9, 0.95, 0.99]))
def test_p_values_are_probabilities_and_the_joint_statistic_is_the_sum(flags: list[bool], confidence: float) -> None:
    rate, apart = kupiec(flags, confidence=confidence), independence(flags)
    both = conditional_coverage(flags, confidence=confidence)
    assert all(0.0 <= found.p_value <= 1.0 for found in (rate, apart, both))
    assert both.statistic == pytest.approx(rate.statistic + apart.statistic)


def test_the_traffic_light_changes_where_the_committee_says() -> None:
    lights = [traffic_light(hits(250, *range(n)), confidence=0.99) for n in range(12)]
    assert lights == [Light.GREEN] * 5 + [Light.YELLOW] * 5 + [Light.RED] * 2


@pytest.mark.parametrize("bad", [np.array([]), np.array([0.0, 1.0]), np.zeros((2, 2), dtype=np.bool_)])
def test_what_is_no_series_of_booleans_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="booleans"):
        kupiec(bad, confidence=0.99)
