"""The published examples of the papers, and what must hold of any Sharpe ratio that is deflated."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.seeds import generator
from evidence.statistics.deflated import (
    deflate,
    deflated_sharpe,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)

DAILY = 2.5 / math.sqrt(250)
"""The example of the 2014 paper: 2.5 a year over 1,250 days, trials with a variance of 1/2 a year."""


@pytest.mark.parametrize(
    ("trials", "skewness", "kurtosis", "published"),
    [(100, -3.0, 10.0, 0.9004), (46, -3.0, 10.0, 0.9505), (88, 0.0, 3.0, 0.9505)],
)
def test_the_example_of_the_paper_of_2014(trials: int, skewness: float, kurtosis: float, published: float) -> None:
    found = deflated_sharpe(DAILY, 1250, trials=trials, trial_variance=0.5 / 250, skewness=skewness, kurtosis=kurtosis)
    assert found == pytest.approx(published, abs=5e-5)


def test_the_hurdle_of_that_example() -> None:
    assert expected_maximum_sharpe(100, 0.5 / 250) == pytest.approx(0.1132, abs=5e-5)


def test_a_hedge_fund_of_two_years_after_the_paper_of_2012() -> None:
    assert probabilistic_sharpe(0.036 / 0.079, 24, skewness=-2.448, kurtosis=10.164) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("periods", "skewness", "kurtosis", "years"),
    [(252, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_years_until_a_sharpe_of_two_is_above_one_after_the_paper_of_2012(
    periods: int, skewness: float, kurtosis: float, years: float
) -> None:
    bars = minimum_track_record(
        2 / math.sqrt(periods), skewness=skewness, kurtosis=kurtosis, benchmark=1 / math.sqrt(periods)
    )
    assert bars is not None
    assert bars / periods == pytest.approx(years, abs=5e-3)


def test_the_expected_maximum_is_that_of_simulated_trials() -> None:
    best = generator(1, "trials").standard_normal((4000, 100)).max(axis=1).mean()
    assert expected_maximum_sharpe(100, 1.0) == pytest.approx(best, rel=0.02)
    assert expected_maximum_sharpe(1, 1.0) == 0.0


sharpes = st.floats(-0.5, 0.5)
trials = st.integers(1, 10_000)


@given(sharpes, st.integers(2, 10_000), trials, trials, st.floats(0.0, 0.1))
def test_more_trials_never_raise_it(ratio: float, bars: int, few: int, many: int, variance: float) -> None:
    few, many = sorted((few, many))
    found = [deflated_sharpe(ratio, bars, trials=count, trial_variance=variance) for count in (few, many)]
    assert 0.0 <= found[1] <= found[0] <= 1.0
    assert found[0] <= probabilistic_sharpe(ratio, bars)


@given(st.floats(0.01, 0.5), st.floats(-2.0, 2.0), st.floats(5.5, 20.0))
def test_the_track_record_is_where_the_probability_reaches_the_confidence(
    ratio: float, skewness: float, kurtosis: float
) -> None:
    bars = minimum_track_record(ratio, skewness=skewness, kurtosis=kurtosis)
    assert bars is not None
    before, after = (
        probabilistic_sharpe(ratio, max(2, n), skewness=skewness, kurtosis=kurtosis)
        for n in (math.floor(bars), math.ceil(bars))
    )
    assert after >= 0.95 - 1e-9
    assert before <= 0.95 + 1e-9 or bars <= 2


@given(sharpes, st.integers(2, 1000))
def test_long_left_tails_make_a_gain_less_certain(ratio: float, bars: int) -> None:
    plain = probabilistic_sharpe(ratio, bars)
    tailed = probabilistic_sharpe(ratio, bars, skewness=-2.0, kurtosis=12.0)
    assert tailed <= plain + 1e-12 if ratio >= 0 else True


def test_a_curve_is_deflated_with_its_own_moments() -> None:
    returns = generator(1, "curve").normal(0.001, 0.01, size=2000)
    alone = deflate(returns, bars_per_year=8760.0, trials=1, trial_variance=None)
    among = deflate(returns, bars_per_year=8760.0, trials=1000, trial_variance=None)
    known = deflate(returns, bars_per_year=8760.0, trials=1000, trial_variance=0.0)
    assert alone is not None
    assert among is not None
    assert known is not None
    assert alone.dsr == alone.psr
    assert alone.kurtosis == pytest.approx(3.0, abs=0.4)
    assert among.hurdle > 0.0
    assert among.dsr < alone.dsr
    assert (among.deviation_from, known.deviation_from) == ("sampling", "trials")
    assert known.dsr == known.psr == alone.psr


def test_a_ratio_below_its_hurdle_has_no_track_record_that_would_do() -> None:
    assert minimum_track_record(0.1, benchmark=0.1) is None
    assert minimum_track_record(-0.1) is None


def test_what_never_varied_is_not_deflated() -> None:
    assert deflate(np.zeros(100), bars_per_year=1.0, trials=3, trial_variance=None) is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: expected_maximum_sharpe(0, 1.0), "number of trials"),
        (lambda: expected_maximum_sharpe(2, -1.0), "variance"),
        (lambda: probabilistic_sharpe(0.1, 1), "two bars"),
        (lambda: probabilistic_sharpe(float("nan"), 10), "finite"),
        (lambda: probabilistic_sharpe(0.1, 10, skewness=3.0, kurtosis=3.0), "no series has"),
        (lambda: minimum_track_record(0.1, confidence=0.4), "confidence"),
    ],
)
def test_what_cannot_be_is_refused(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=words):
        call()
