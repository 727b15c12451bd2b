"""A resample keeps neighbours together, and the block grows with what hangs together."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.seeds import generator
from evidence.statistics.blocks import automatic_block, block_length, stationary_indices


@given(st.integers(1, 400), st.floats(1.0, 1000.0), st.integers(0, 99))
def test_a_resample_has_as_many_bars_as_there_are_and_only_such(n_bars: int, block: float, seed: int) -> None:
    chosen = stationary_indices(n_bars, block, generator(seed, "test"))
    assert chosen.shape == (n_bars,)
    assert chosen.min() >= 0
    assert chosen.max() < n_bars


def test_blocks_are_as_long_on_average_as_they_were_asked_to_be() -> None:
    chosen = stationary_indices(200_000, 25.0, generator(1, "test"))
    breaks = np.count_nonzero((np.diff(chosen) % 200_000) != 1)
    assert 200_000 / (breaks + 1) == pytest.approx(25.0, rel=0.03)


def test_every_bar_is_drawn_equally_often() -> None:
    counts = np.zeros(50)
    for number in range(2000):
        np.add.at(counts, stationary_indices(50, 5.0, generator(number, "test")), 1)
    assert counts.mean() == 2000
    assert counts.min() > 1800
    assert counts.max() < 2200


def autoregressive(rho: float, n: int = 20_000) -> np.ndarray:
    shocks = generator(3, "autoregressive").standard_normal(n)
    series = np.zeros(n)
    for bar in range(1, n):
        series[bar] = rho * series[bar - 1] + shocks[bar]
    return series


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_the_block_of_an_autoregression_is_the_one_that_theory_gives(rho: float) -> None:
    """Politis & White (2004), section 3.3: (2 rho / (1 - rho^2))^(2/3) n^(1/3) for an AR(1)."""
    theory = math.cbrt((2 * rho / (1 - rho**2)) ** 2 * 20_000)
    assert automatic_block(autoregressive(rho)) == pytest.approx(theory, rel=0.3)


def test_what_does_not_hang_together_needs_hardly_a_block() -> None:
    assert automatic_block(generator(5, "white").standard_normal(20_000)) < 5


def test_clustered_volatility_asks_for_longer_blocks_than_the_returns_themselves() -> None:
    calm_and_wild = np.repeat(generator(1, "regimes").choice((0.2, 3.0), size=100), 100)
    returns = calm_and_wild * generator(2, "regimes").standard_normal(10_000)
    assert block_length(returns) > 5 * automatic_block(returns)


def test_a_constant_has_no_dependence_and_few_bars_are_refused() -> None:
    assert automatic_block(np.full(100, 0.1)) == 1.0
    with pytest.raises(ValueError, match="30 values are needed"):
        block_length(np.zeros(29))
    with pytest.raises(ValueError, match="blocks of at least one"):
        stationary_indices(10, 0.5, generator(1, "test"))


@given(st.lists(st.floats(-0.5, 0.5), min_size=30, max_size=120))
def test_a_block_is_never_shorter_than_a_bar_nor_longer_than_its_cap(returns: list[float]) -> None:
    n = len(returns)
    assert 1.0 <= block_length(returns) <= math.ceil(min(3 * math.sqrt(n), n / 3))
