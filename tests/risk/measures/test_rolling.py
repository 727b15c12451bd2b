"""Rolling measures say of each window what the plain ones do."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.measures.basic import historical_es, historical_var, moments
from risk.measures.rolling.historical import rolling_historical
from risk.measures.rolling.moments import moments_of

FINITE = st.floats(-1e3, 1e3, allow_subnormal=False)
TIED = st.sampled_from([-0.02, -0.01, 0.0, 0.0, 0.01, 1e-9, -300.0])


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(FINITE | TIED, min_size=2, max_size=60),
    share=st.floats(0.0, 1.0),
    confidence=st.sampled_from([0.51, 0.75, 0.95, 0.975, 0.99]),
)
def test_every_window_equals_the_plain_functions(values: list[float], share: float, confidence: float) -> None:
    window = 2 + int(share * (len(values) - 2))
    rolled = rolling_historical(values, window=window, confidence=confidence)
    assert len(rolled.var) == len(rolled.es) == len(values) - window + 1
    for i, (var, es) in enumerate(zip(rolled.var, rolled.es, strict=True)):
        part = np.array(values[i : i + window])
        assert var == historical_var(part, confidence=confidence)
        assert es == pytest.approx(historical_es(part, confidence=confidence), rel=1e-12, abs=1e-12 * abs(part).max())


def test_a_huge_return_leaves_no_trace_once_it_has_left_the_window() -> None:
    returns = np.random.default_rng(1).normal(0.0, 0.01, 400)
    shocked = returns.copy()
    shocked[50] = -1e15
    clean = rolling_historical(returns, window=100, confidence=0.95)
    after = rolling_historical(shocked, window=100, confidence=0.95)
    assert after.es[50] > 1e12
    assert np.array_equal(after.var[51:], clean.var[51:])
    assert after.es[51:] == pytest.approx(clean.es[51:], rel=1e-12)


def test_the_cost_of_a_bar_hardly_grows_with_the_window() -> None:
    returns = np.random.default_rng(2).normal(0.0, 0.01, 40_000)

    def cost(window: int) -> float:
        spans = []
        for _ in range(3):
            start = time.process_time()
            rolling_historical(returns, window=window, confidence=0.99)
            spans.append((time.process_time() - start) / (len(returns) - window))
        return min(spans)

    rolling_historical(returns[:200], window=100, confidence=0.99)
    assert cost(16_000) < 6 * cost(250)


@pytest.mark.parametrize(("window", "values"), [(1, [0.1, 0.2]), (3, [0.1, 0.2]), (2, [0.1, float("nan")])])
def test_a_window_that_cannot_be_is_refused(window: int, values: list[float]) -> None:
    with pytest.raises(ValueError):
        rolling_historical(values, window=window, confidence=0.99)


def test_moments_of_many_windows_are_those_of_each() -> None:
    returns = np.random.default_rng(3).standard_t(4, size=300) * 0.01
    returns[40:60] = 0.001
    windows = np.lib.stride_tricks.sliding_window_view(returns, 20)
    found = moments_of(windows)
    for i, window in enumerate(windows):
        assert [float(part[i]) for part in found] == pytest.approx(list(moments(window)), rel=1e-9, abs=1e-15)
    assert found.std[40] == found.skewness[40] == found.excess_kurtosis[40] == 0.0
