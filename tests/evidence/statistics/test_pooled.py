"""Differences of Sharpe ratios over paths: the value, the number of false alarms, and an honest smallest difference."""

import numpy as np
import pytest

from evidence.statistics.bootstrap import paired_differences
from evidence.statistics.key_figures import Measure
from evidence.statistics.pooled import pooled_difference, pooled_sharpe


def _pair(seed: int, gain: float = 0.0, days: int = 730, paths: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two rules whose returns have a correlation of 0.9 and whose Sharpe ratios differ by about `gain` a year."""
    chance = np.random.default_rng(seed)
    common = chance.standard_normal(days)
    one, two = ((0.9**0.5) * common + (0.1**0.5) * chance.standard_normal((paths, days)) for _ in range(2))
    return 0.01 * (one + 0.03 + gain / 365**0.5), 0.01 * (two + 0.03)


def test_the_value_is_the_difference_of_both_ratios() -> None:
    one, two = _pair(1, 0.5)
    found = pooled_difference(one, two, per_year=365, seed=1, resamples=200)
    plain = [float(each.mean() / each.std(ddof=1)) * 365**0.5 for each in (one, two)]
    assert found.value == pytest.approx(plain[0] - plain[1])
    assert (found.low or 0.0) < (found.value or 0.0) < (found.high or 0.0)


def test_one_path_agrees_with_the_paired_bootstrap_of_curves() -> None:
    one, two = _pair(2, 0.4)
    found = pooled_difference(one, two, per_year=365, seed=3)
    other = paired_differences(one[0], two[0], bars_per_year=365, seed=3, block=7.0, confidence=0.90)
    told = other.of(Measure.SHARPE)
    assert found.value == pytest.approx(told.value)
    assert found.low == pytest.approx(told.low, abs=0.08)
    assert found.high == pytest.approx(told.high, abs=0.08)


@pytest.mark.slow
def test_without_a_difference_about_one_in_twenty_is_called_one() -> None:
    alarms = [pooled_difference(*_pair(seed), per_year=365, seed=seed, resamples=200).is_shown for seed in range(250)]
    assert 0.02 <= np.mean(alarms) <= 0.09


@pytest.mark.slow
def test_the_smallest_difference_is_found_four_times_of_five() -> None:
    smallest = pooled_difference(*_pair(0), per_year=365, seed=0).smallest
    assert smallest is not None
    found = [
        pooled_difference(*_pair(seed, smallest), per_year=365, seed=seed, resamples=200).is_shown
        for seed in range(120)
    ]
    assert 0.66 <= np.mean(found) <= 0.92


def test_a_copied_path_adds_no_certainty() -> None:
    one, two = _pair(5, 0.3)
    alone = pooled_difference(one, two, per_year=365, seed=5)
    copied = pooled_difference(np.vstack([one] * 5), np.vstack([two] * 5), per_year=365, seed=5)
    assert copied.value == pytest.approx(alone.value, rel=1e-2)
    assert copied.standard_error == pytest.approx(alone.standard_error, rel=1e-2)


def test_a_rule_that_never_trades_has_no_ratio_and_shows_nothing() -> None:
    one, _ = _pair(6)
    found = pooled_difference(np.zeros_like(one), one, per_year=365, seed=6, resamples=50)
    assert found.first is None
    assert found.value is None
    assert not found.is_shown


def test_other_shapes_are_refused() -> None:
    one, two = _pair(7, days=60)
    with pytest.raises(ValueError, match="same paths"):
        pooled_difference(one, two[:, 1:], per_year=365, seed=1)
    with pytest.raises(ValueError, match="30 days"):
        pooled_difference(one[:, :20], two[:, :20], per_year=365, seed=1)
    one[0, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        pooled_difference(one, two, per_year=365, seed=1)
    assert pooled_sharpe(np.zeros((2, 40)), per_year=365) is None
