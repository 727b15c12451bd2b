"""The interval of a sum: it holds the sum of what was given, widens with dependence, and is the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.seeds import generator
from evidence.statistics.totals import Interval, total_interval

VALUES = st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=40)


def interval(values: list[float], block: int = 3, seed: int = 1, resamples: int = 300) -> Interval:
    return total_interval(np.array(values), block, generator(seed, "totals"), resamples)


@given(values=VALUES, block=st.integers(-2, 80), seed=st.integers(0, 100))
def test_the_estimate_is_the_plain_sum_and_the_bounds_are_in_order(values: list[float], block: int, seed: int) -> None:
    found = interval(values, block, seed, 50)
    assert found.value == pytest.approx(sum(values), abs=1e-6)
    assert found.low <= found.high
    n = len(values)
    assert n * min(values) - 1e-6 <= found.low
    assert found.high <= n * max(values) + 1e-6


@given(values=VALUES)
def test_the_same_seed_gives_the_same_interval(values: list[float]) -> None:
    assert interval(values) == interval(values)


@settings(max_examples=30)
@given(values=VALUES, shift=st.integers(-100, 100), scale=st.sampled_from([2.0, 0.5, 10.0]))
def test_shifting_and_scaling_what_happened_shifts_and_scales_the_interval(
    values: list[float], shift: int, scale: float
) -> None:
    plain = interval(values)
    moved = interval([scale * value + shift for value in values])
    expected = [scale * bound + len(values) * shift for bound in (plain.value, plain.low, plain.high)]
    assert [moved.value, moved.low, moved.high] == pytest.approx(expected, abs=1e-6)


def test_a_block_of_everything_leaves_nothing_to_chance() -> None:
    values = [5.0, -3.0, 7.0, 2.0]
    found = interval(values, block=4)
    assert found.low == pytest.approx(11.0)
    assert found.high == pytest.approx(11.0)


def test_what_never_varies_has_no_width() -> None:
    found = interval([2.0] * 25)
    assert (found.low, found.high) == pytest.approx((50.0, 50.0))


def test_independent_values_have_the_width_that_their_deviation_says() -> None:
    values = generator(4, "x").standard_normal(2_000)
    found = total_interval(values, 1, generator(1, "totals"), 2_000)
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(2_000) * values.std(), rel=0.1)


def test_what_hangs_together_needs_long_blocks_to_show_its_width() -> None:
    steps = generator(5, "x").standard_normal(200)
    together = np.repeat(steps, 10)
    short = total_interval(together, 1, generator(1, "totals"), 1_000)
    long = total_interval(together, 40, generator(1, "totals"), 1_000)
    assert long.high - long.low > 2.0 * (short.high - short.low)
