"""Values at borders: closed, frozen, finite and in UTC; their bytes are canonical, and an event says its kind and version."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.frozen import Frozen, Journaled, UtcTime
from config.silence import Abstained

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)


class Point(Frozen):
    """A value with one field of each kind that crosses borders."""

    at_utc: UtcTime
    price: float
    money: Decimal = Decimal(0)
    names: tuple[str, ...] = ()
    raw: bytes = b""


class First(Journaled):
    event_kind: ClassVar[str] = "thing"
    number: int = 1


class Third(First):
    event_version: ClassVar[int] = 3


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    price=NUMBERS,
    money=st.decimals(allow_nan=False, allow_infinity=False),
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3),
    raw=st.binary(max_size=20),
    seconds=st.integers(0, 10**9),
)
def test_a_value_is_read_back_as_it_was_written_to_the_last_bit(
    price: float, money: Decimal, names: list[str], raw: bytes, seconds: int
) -> None:
    point = Point(at_utc=AT + timedelta(seconds=seconds), price=price, money=money, names=tuple(names), raw=raw)
    again = Point.model_validate({**point.model_dump()})
    assert again == point
    assert again.canonical() == point.canonical()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_stops_at_the_border(number: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Point(at_utc=AT, price=number)
    with pytest.raises(ValidationError, match="finite"):
        Point(at_utc=AT, price=1.0, money=Decimal(number))


def test_a_naive_moment_stops_at_the_border_and_another_zone_becomes_utc() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Point(at_utc=AT.replace(tzinfo=None), price=1.0)
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))
    assert Point(at_utc=tokyo, price=1.0).at_utc.utcoffset() == timedelta(0)
    assert Point(at_utc=tokyo, price=1.0).canonical() == Point(at_utc=AT, price=1.0).canonical()


def test_a_misspelt_field_stops_at_the_border() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Point.model_validate({"at_utc": AT, "price": 1.0, "pirce": 2.0})


def test_nobody_changes_a_value_that_was_handed_over() -> None:
    point = Point(at_utc=AT, price=1.0)
    with pytest.raises(ValidationError, match="frozen"):
        point.price = 2.0  # type: ignore[misc]
    assert point.price == 1.0


def test_equal_values_have_equal_bytes_and_hashes_in_the_order_of_the_fields() -> None:
    one, other = Point(price=1.0, at_utc=AT), Point(at_utc=AT, price=1.0)
    assert one.canonical() == other.canonical()
    assert hash(one) == hash(other)
    assert one.canonical().startswith(b'{"at_utc":"2024-03-01T12:00:00Z","price":1.0,')


def test_bytes_are_written_in_base64() -> None:
    assert b'"raw":"-_8="' in Point(at_utc=AT, price=1.0, raw=b"\xfb\xff").canonical()


@pytest.mark.parametrize(("event", "written"), [(First(), "thing"), (Third(), "thing@3")])
def test_an_event_is_written_with_its_kind_and_from_the_second_on_with_its_version(
    event: Journaled, written: str
) -> None:
    assert event.written_kind() == written
    assert event.canonical() == b'{"number":1}'


def test_silence_says_why_and_is_no_number() -> None:
    silent = Abstained(why="nobody was asked")
    assert silent.canonical() == b'{"kind":"abstained","why":"nobody was asked"}'
    with pytest.raises(ValidationError):
        Abstained.model_validate({"kind": "spoken", "why": "x"})
    with pytest.raises(ValidationError):
        Abstained.model_validate({})


def test_a_value_of_ours_is_the_one_that_a_check_would_have_made() -> None:
    fields = {"at_utc": AT, "price": 2.0, "money": Decimal("1.5"), "names": ("a",), "raw": b"x"}
    ours, checked = Point.of_ours(**fields), Point(**fields)  # type: ignore[arg-type]
    assert ours == checked
    assert ours.canonical() == checked.canonical()
    changed = ours.model_copy(update={"price": 3.0})
    assert (changed.price, ours.price) == (3.0, 2.0)
    with pytest.raises(ValidationError, match="frozen"):
        ours.price = 4.0
