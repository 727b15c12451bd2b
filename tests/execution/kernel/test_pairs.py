"""Numbers held in two floats: sums and products without error, decimals as they print, roundings as `Decimal` makes them."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from uncompiled import plain

from config.seeds import generator
from execution.kernel.rules import pair_of

exact = plain("exact")
FLOAT = st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False).filter(
    lambda value: value == 0 or abs(value) > 1e-9
)
PRICE = st.integers(1, 10**9).map(lambda cents: cents / 100)
TICK = st.sampled_from([Decimal(text) for text in ("0.00001", "0.01", "0.05", "0.1", "1", "25")])
PAIR = st.fractions(-(10**12), 10**12, max_denominator=10**9).map(pair_of)


def worth(pair: tuple[float, float]) -> Fraction:
    return Fraction(pair[0]) + Fraction(pair[1])


def close(found: Fraction, wanted: Fraction, share: Fraction = Fraction(1, 2**98)) -> bool:
    return abs(found - wanted) <= share * abs(wanted)


@given(a=FLOAT, b=FLOAT)
def test_a_sum_and_a_product_of_floats_lose_nothing(a: float, b: float) -> None:
    assert worth(exact.two_sum(a, b)) == Fraction(a) + Fraction(b)
    product = worth(exact.two_product(a, b))
    assert abs(product - Fraction(a) * Fraction(b)) <= Fraction(5e-324) * 8


@given(a=PAIR, b=PAIR)
def test_pairs_add_and_multiply_to_thirty_digits(a: tuple[float, float], b: tuple[float, float]) -> None:
    largest = max(abs(worth(a)), abs(worth(b)))
    assert abs(worth(exact.add(a, b)) - worth(a) - worth(b)) <= largest / 2**98
    assert close(worth(exact.times(a, b)), worth(a) * worth(b))


@given(a=PAIR, b=PAIR.filter(lambda pair: abs(pair[0]) > 1e-9))
def test_a_quotient_times_its_divisor_is_the_dividend(a: tuple[float, float], b: tuple[float, float]) -> None:
    assert close(worth(exact.over(a, b)), worth(a) / worth(b))


@given(price=PRICE)
def test_a_price_from_a_file_is_the_decimal_that_it_prints_as(price: float) -> None:
    assert close(worth(exact.decimal_of(price)), Fraction(repr(price)), Fraction(1, 2**100))


@pytest.mark.slow
@settings(max_examples=1000)
@given(value=st.floats(1e-6, 1e15))
@example(0.1 + 0.2)
@example(1 / 3)
@example(0.15 - 0.05)
@example(1 / 3 * 1e15)
@example(2.0**-13)
def test_a_computed_float_is_the_decimal_that_it_prints_as(value: float) -> None:
    found = exact.decimal_of(value)
    assert close(worth(found), Fraction(repr(value)), Fraction(1, 2**100))
    assert exact.decimal_of(-value) == (-found[0], -found[1])


@pytest.mark.parametrize("digits", [16, 17])
def test_a_share_of_equity_is_the_decimal_that_it_prints_as_whatever_its_digits(digits: int) -> None:
    chance, met = generator(digits, "pairs", "shares"), 0
    for _ in range(3000):
        value = float(np.round(chance.uniform(1.0, 9e9), 2) / np.round(chance.uniform(1e10, 9e12), 8))
        if len(Decimal(repr(value)).as_tuple().digits) == digits:
            met += 1
            assert close(worth(exact.decimal_of(value)), Fraction(repr(value)), Fraction(1, 2**100))
    assert met > 100


def test_a_float_beyond_the_digits_of_money_is_taken_as_it_is() -> None:
    for value in (1 / 3 * 1e18, 1 / 3 * 1e-21, 0.0):
        assert exact.decimal_of(value) == (value, 0.0)
    assert exact.decimal_of(0.1)[1] != 0.0


@given(number=st.integers(-(2**52), 2**52), off=st.sampled_from([-0.5, -1e-9, 0.0, 1e-9, 0.25, 0.5, 0.75]))
def test_a_pair_is_rounded_as_the_number_that_it_stands_for(number: int, off: float) -> None:
    pair = exact.two_sum(float(number), off)
    with localcontext() as context:
        context.prec = 60
        value = Decimal(number) + Decimal(off)
        assert exact.floor_of(pair) == int(value.to_integral_value(ROUND_FLOOR))
        assert exact.ceil_of(pair) == int(value.to_integral_value(ROUND_CEILING))
        assert exact.nearest_of(pair) == int(value.to_integral_value(ROUND_HALF_EVEN))


@pytest.mark.parametrize("number", [1.0, 7.0, 4_200_010.0])
def test_a_rounding_error_below_a_border_does_not_cost_a_whole_tick(number: float) -> None:
    noise = number * 1e-30
    assert exact.floor_of((number, -noise)) == number
    assert exact.ceil_of((number, noise)) == number
    assert exact.floor_of((number, -number * 1e-20)) == number - 1


@pytest.mark.parametrize(("half", "even"), [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2)])
def test_of_two_equally_near_whole_numbers_the_even_one_is_taken(half: float, even: int) -> None:
    assert exact.nearest_of((half, 0.0)) == even
    assert exact.nearest_of((half, 1e-20)) == int(half // 1) + 1
    assert exact.nearest_of((half, -1e-20)) == int(half // 1)


@given(price=PRICE, tick=TICK)
def test_a_price_in_ticks_is_rounded_as_the_full_engine_rounds_it(price: float, tick: Decimal) -> None:
    per_tick = pair_of(1 / Fraction(tick))
    ticks = Decimal(repr(price)) / tick
    assert exact.floor_scaled(price, *per_tick) == int(ticks.to_integral_value(ROUND_FLOOR))
    assert exact.ceil_scaled(price, *per_tick) == int(ticks.to_integral_value(ROUND_CEILING))
    assert exact.nearest_scaled(price, *per_tick) == int(ticks.to_integral_value(ROUND_HALF_EVEN))


def test_where_floats_cannot_tell_on_which_side_a_price_lies_decimals_do() -> None:
    """0.29 times 100 is 28.999999999999996 in floats, and 29 ticks."""
    assert 0.29 * 100 < 29.0
    hundredfold = pair_of(Fraction(100))
    assert exact.floor_scaled(0.29, *hundredfold) == 29
    assert exact.floor_scaled(0.57, *hundredfold) == 57
    assert exact.ceil_scaled(1.1, *hundredfold) == 110


@given(lots=st.integers(1, 10**6), price=PRICE, more=st.sampled_from([-1, 0, 1]))
def test_a_value_is_below_the_least_only_if_it_is_and_not_when_it_is_equal(lots: int, price: float, more: int) -> None:
    value = lots * Fraction(repr(price))
    least = value + Fraction(more, 10**6)
    assert bool(exact.product_below(float(lots), price, *pair_of(least))) is (value < least)


@pytest.mark.parametrize(("value", "clear"), [(5.0, False), (5.0 + 1e-15, False), (5.1, True), (4.9999, True)])
def test_a_value_is_clear_of_a_border_only_beyond_what_rounding_could_have_moved(value: float, clear: bool) -> None:
    assert exact.is_clear(value, 5.0) is clear
