"""The largest size within a limit is that of a plain bisection, to the last digit, whatever the measure does."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from risk.measures.basic import Floats
from risk.measures.filtered import filtered_tails
from risk.measures.largest import BISECTIONS, largest_within


def bisected(value_of: Callable[[float], float], limit: float, top: float) -> float:
    """The definition: one middle after the other."""
    low, high = 0.0, top
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if value_of(middle) <= limit else (low, middle)
    return low


class Counted:
    """A measure that counts how often it is asked."""

    def __init__(self, value_of: Callable[[float], float]) -> None:
        self.value_of, self.asked = value_of, 0

    def __call__(self, sizes: list[float]) -> list[float]:
        self.asked += 1
        return [self.value_of(size) for size in sizes]


def found(value_of: Callable[[float], float], limit: float, top: float) -> tuple[float, int]:
    """What is found, and how often the measure was asked."""
    counted = Counted(value_of)
    return largest_within(counted, limit, top, value_of(top)), counted.asked


KINDS: dict[str, Callable[[float, float], Callable[[float], float]]] = {
    "straight": lambda a, b: lambda x: a * x,
    "from above": lambda a, b: lambda x: b + a * x,
    "bent": lambda a, b: lambda x: math.hypot(a * x, b),
    "a kink": lambda a, b: lambda x: max(a * x, 3 * a * x - b),
    "flat": lambda a, b: lambda x: b,
    "a step": lambda a, b: lambda x: 0.0 if x < b else a + 1.0,
    "steps": lambda a, b: lambda x: math.floor(40 * a * x) / 40,
    "waves": lambda a, b: lambda x: a * x + b * math.sin(300 * x),
    "a hedge": lambda a, b: lambda x: abs(a * x - b),
    "no number": lambda a, b: lambda x: math.nan,
    "endless": lambda a, b: lambda x: math.inf if x > b else a * x,
}


@settings(max_examples=300)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    slope=st.floats(1e-6, 10.0),
    base=st.floats(0.0, 0.5),
    limit=st.floats(1e-9, 1.0),
    top=st.floats(1e-6, 1.0),
)
@example(kind="straight", slope=1.0, base=0.0, limit=0.25, top=1.0)
@example(kind="straight", slope=1.0, base=0.0, limit=1.0, top=1.0)
@example(kind="flat", slope=1.0, base=0.5, limit=0.25, top=1.0)
@example(kind="from above", slope=1.0, base=0.5, limit=0.5, top=1.0)
@example(kind="a step", slope=1.0, base=0.5, limit=0.25, top=1.0)
def test_the_size_is_that_of_a_plain_bisection(kind: str, slope: float, base: float, limit: float, top: float) -> None:
    value_of = KINDS[kind](slope, base)
    if not value_of(top) <= limit:
        assert found(value_of, limit, top)[0] == bisected(value_of, limit, top)


def book_of(seed: int, held: float) -> tuple[Floats, Floats]:
    """Returns of three markets, shape (250, 3), and the shares of them that are held."""
    drawn = np.random.default_rng(seed).standard_t(4, (250, 3)) * 0.01
    return drawn + drawn[:, :1] * 0.7, np.array([0.0, held, held / 3])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("held", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("limit", [0.0005, 0.002, 0.004, 0.008])
def test_the_room_under_a_filtered_tail_is_that_of_a_plain_bisection(seed: int, held: float, limit: float) -> None:
    returns, weights = book_of(seed, held)

    def rows(sizes: list[float]) -> list[float]:
        series = np.array([returns @ np.array([weights[0] + size, *weights[1:]]) for size in sizes])
        return [*map(float, filtered_tails(series, confidence=0.99).var)]

    at_top = rows([0.5])[0]
    if at_top > limit:
        assert largest_within(rows, limit, 0.5, at_top) == bisected(lambda size: rows([size])[0], limit, 0.5)


@pytest.mark.parametrize(("kind", "most"), [("straight", 3), ("bent", 4), ("from above", 4), ("flat", 6)])
def test_a_measure_that_is_smooth_is_asked_a_few_times(kind: str, most: int) -> None:
    for limit in (0.07, 0.1, 0.2, 0.333):
        assert found(KINDS[kind](0.7, 0.06 if kind != "flat" else 0.5), limit, 1.0)[1] <= most


def test_what_the_measure_raises_is_passed_on() -> None:
    def broken(sizes: list[float]) -> list[float]:
        raise ValueError("no such returns")

    with pytest.raises(ValueError, match="no such returns"):
        largest_within(broken, 0.1, 1.0, 0.2)
