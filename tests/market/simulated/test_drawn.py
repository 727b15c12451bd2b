import numpy as np
import pytest
from scipy.signal import lfilter

from market.simulated.drawn import autoregression


@pytest.mark.parametrize("memory", [0.0, 0.3, 0.979, 0.9999999, 1.0])
def test_an_autoregression_has_the_bits_of_a_linear_filter(memory: float) -> None:
    shocks = np.random.default_rng(5).standard_normal(20_000) * 0.37
    filtered = np.asarray(lfilter([1.0], [1.0, -memory], shocks))
    assert autoregression(shocks, memory).tobytes() == filtered.tobytes()


def test_an_autoregression_of_nothing_is_nothing() -> None:
    assert autoregression(np.empty(0), 0.5).shape == (0,)
