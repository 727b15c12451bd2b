"""Money is exact: nothing is rounded in silence, steps are met from the named side, and cash pays for what it buys."""

from decimal import Decimal, DivisionByZero, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.exact import EXACT, ZERO, ceil_to, exact_decimal, fee_on, floor_to, is_multiple, most_affordable

AMOUNT = st.decimals(0, 10**9, allow_nan=False, places=8)
STEP = st.sampled_from([Decimal(text) for text in ("0.00000001", "0.001", "0.01", "0.05", "1", "25")])
PRICE = st.decimals(Decimal("0.01"), 10**6, allow_nan=False, places=2)
FEE = st.sampled_from([Decimal(text) for text in ("0", "1.5", "10", "100")])


@given(value=AMOUNT, step=STEP)
def test_the_floor_is_the_last_step_that_is_not_above_and_the_ceiling_the_first_that_is_not_below(
    value: Decimal, step: Decimal
) -> None:
    floor, ceiling = floor_to(value, step), ceil_to(value, step)
    assert floor <= value < floor + step
    assert ceiling - step < value <= ceiling
    assert is_multiple(floor, step)
    assert is_multiple(ceiling, step)
    assert (floor == ceiling) is is_multiple(value, step)


@given(value=AMOUNT, step=STEP)
def test_what_lies_on_a_step_stays_there(value: Decimal, step: Decimal) -> None:
    floor = floor_to(value, step)
    assert floor_to(floor, step) == ceil_to(floor, step) == floor


@given(value=st.floats(allow_nan=False, allow_infinity=False, width=64).filter(lambda value: abs(value) < 1e30))
def test_a_float_is_the_decimal_that_it_prints_as(value: float) -> None:
    assert float(exact_decimal(value)) == value
    assert exact_decimal(value) == Decimal(repr(value))


def test_a_price_of_a_tenth_is_a_tenth_and_not_its_binary_neighbour() -> None:
    assert exact_decimal(0.1) == Decimal("0.1")
    assert exact_decimal(42000.1) * 10 == 420001


@given(notional=AMOUNT, fee=FEE)
def test_a_fee_is_its_share_to_the_last_digit(notional: Decimal, fee: Decimal) -> None:
    assert fee_on(notional, fee) * 10_000 == notional * fee


@given(cash=st.decimals(-100, 10**7, allow_nan=False, places=4), price=PRICE, fee=FEE, lot=STEP)
def test_cash_pays_for_as_many_lots_as_it_can_and_not_for_one_more(
    cash: Decimal, price: Decimal, fee: Decimal, lot: Decimal
) -> None:
    bought = most_affordable(cash, price, fee, lot)

    def cost(quantity: Decimal) -> Decimal:
        notional = EXACT.multiply(quantity, price)
        return EXACT.add(notional, fee_on(notional, fee))

    assert bought >= ZERO
    assert is_multiple(bought, lot)
    assert cost(bought) <= max(cash, ZERO)
    assert cost(bought + lot) > cash


@pytest.mark.parametrize("cash", [Decimal(0), Decimal(-5)])
def test_without_cash_nothing_is_bought(cash: Decimal) -> None:
    assert most_affordable(cash, Decimal(100), Decimal(10), Decimal("0.001")) == ZERO


def test_what_does_not_fit_in_sixty_digits_is_an_error_and_no_rounding() -> None:
    long = Decimal("1" * 40)
    assert EXACT.multiply(long, Decimal(10)) == Decimal("1" * 40 + "0")
    with pytest.raises(Inexact):
        EXACT.multiply(long, long)
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
    with pytest.raises(DivisionByZero):
        EXACT.divide(Decimal(1), ZERO)
