"""Plain numbers: each kind has one way to be written, unknowns are dashes, and nothing is rounded away silently."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.tables.plain import (
    DASH,
    count,
    listed,
    moment,
    money,
    percent,
    price,
    quantity,
    ratio,
    signed_money,
    signed_percent,
)

WRITERS: tuple[Callable[..., str], ...] = (money, signed_money, percent, signed_percent, ratio, price)
AMOUNT = st.decimals(-(10**9), 10**9, allow_nan=False, places=6)


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_what_is_unknown_is_a_dash(write: Callable[..., str]) -> None:
    assert write(None) == DASH


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (money, Decimal("1234567.891"), "1,234,567.89"),
        (money, -0.5, "-0.50"),
        (signed_money, 12, "+12.00"),
        (signed_money, Decimal("-3.456"), "-3.46"),
        (percent, 0.12345, "12.35%"),
        (percent, Decimal("0.0001"), "0.01%"),
        (signed_percent, 1.5, "+150.00%"),
        (signed_percent, -0.0421, "-4.21%"),
        (ratio, 1234.567, "1,234.57"),
        (price, 65432.1, "65,432.10"),
        (price, 99.123456789, "99.1235"),
        (price, Decimal("0.00001234567"), "1.23457e-05"),
        (quantity, Decimal("0.10000"), "0.1"),
        (quantity, Decimal("1E+3"), "1,000"),
        (quantity, Decimal("0.00000001"), "0.00000001"),
    ],
)
def test_each_kind_of_number_is_written_in_its_own_way(write: Callable[..., str], value: object, text: str) -> None:
    assert write(value) == text


@given(amount=AMOUNT)
def test_money_reads_back_to_the_cent(amount: Decimal) -> None:
    assert abs(Decimal(money(amount).replace(",", "")) - amount) <= Decimal("0.005")
    assert signed_money(amount).lstrip("+-") == money(abs(amount))
    assert signed_money(amount)[0] in "+-"


@given(amount=st.decimals(0, 10**9, allow_nan=False, places=8))
def test_a_quantity_loses_nothing(amount: Decimal) -> None:
    text = quantity(amount)
    assert Decimal(text.replace(",", "")) == amount
    assert "E" not in text
    assert not (("." in text) and text.endswith("0"))


@given(fraction=st.floats(-10.0, 10.0))
def test_percent_reads_back_to_a_hundredth(fraction: float) -> None:
    assert float(percent(fraction).rstrip("%")) / 100 == pytest.approx(fraction, abs=5.1e-5)
    assert signed_percent(fraction).lstrip("+-") == percent(abs(fraction))


@given(minutes=st.integers(0, 10**7), offset=st.integers(-12, 14))
def test_a_moment_is_told_in_utc_wherever_it_was_written(minutes: int, offset: int) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    there = at.astimezone(timezone(timedelta(hours=offset)))
    assert moment(there) == moment(at) == f"{at:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("number", "plural", "text"),
    [
        (0, None, "0 trades"),
        (1, None, "1 trade"),
        (2_000, None, "2,000 trades"),
        (2, "trade-offs", "2 trade-offs"),
        (1, "x", "1 trade"),
    ],
)
def test_things_are_counted_in_the_singular_and_the_plural(number: int, plural: str | None, text: str) -> None:
    assert count(number, "trade", plural) == text


@pytest.mark.parametrize(("things", "text"), [(("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")])
def test_things_are_listed_with_one_and(things: tuple[str, ...], text: str) -> None:
    assert listed(things) == text
