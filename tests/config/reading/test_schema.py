"""What may stand where: every key of the settings has a range in words, a unit where it is a quantity, and no twin."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import Field

from config.frozen import Frozen
from config.reading.schema import Spot, is_model, spot_at, spot_of
from config.settings import Settings


class Inner(Frozen):
    share: float = Field(gt=0, le=1, description="of equity [fraction]")
    kinds: tuple[Literal["a", "b"], ...] = Field(min_length=1, max_length=3, description="what there is")


class Outer(Frozen):
    """A small profile with each form that settings take."""

    name: str = Field(min_length=1, max_length=5)
    count: int = Field(ge=2)
    price: Decimal | None = Field(default=None, gt=0, description="of one [quote]")
    mode: Literal["on", "off"] = "off"
    inner: Inner
    rates: dict[str, float] = Field(default_factory=dict, description="by symbol [bps]")
    sizes: tuple[Annotated[float, Field(ge=0, lt=9)], ...] = Field(default=(), description="of each step [%]")
    others: tuple[Inner, ...] = ()


def spot(*path: str | int) -> Spot:
    found = spot_at(spot_of(Outer), path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (("name",), "text of 1 to 5 characters"),
        (("count",), "a whole number at least 2"),
        (("price",), "a number above 0 [quote]"),
        (("mode",), "one of on, off"),
        (("inner",), "a mapping with the keys share, kinds"),
        (("inner", "share"), "a number above 0 and at most 1 [fraction]"),
        (("rates",), "a mapping"),
        (("rates", "BTC/USDT"), "a number [bps]"),
        (("others", 0, "share"), "a number above 0 and at most 1 [fraction]"),
    ],
)
def test_each_place_says_in_words_what_must_stand_there(path: tuple[str | int, ...], wanted: str) -> None:
    assert spot(*path).wanted() == wanted


def test_an_entry_of_a_list_has_the_unit_of_the_list() -> None:
    assert spot("sizes", 3).unit == "%"
    assert spot("sizes", 3).is_number
    assert spot("inner", "kinds", 0).options == ("a", "b")


def test_a_value_that_may_be_left_out_is_what_it_is_when_it_is_there() -> None:
    assert spot("price").is_number
    assert spot("price").unit == "quote"


@pytest.mark.parametrize(
    "path", [("nothing",), ("inner", "nothing"), ("name", "x"), ("count", 0), ("mode", "on"), ("rates", 3)]
)
def test_where_nothing_may_stand_there_is_no_spot(path: tuple[str | int, ...]) -> None:
    assert spot_at(spot_of(Outer), path) is None


def test_only_a_mapping_of_our_own_has_closed_keys() -> None:
    assert spot("inner").keys == ("share", "kinds")
    assert spot("rates").keys is None
    assert spot("count").keys is None


def leaves(at: Spot, path: str = "") -> Iterator[tuple[str, Spot]]:
    """Every place of the settings that is no mapping of our own."""
    for name in at.keys or ():
        inner = at.child(name)
        assert inner is not None
        below = inner
        if not is_model(below.kind) and (item := below.child(0)) is not None and is_model(item.kind):
            below = item
        if is_model(below.kind):
            yield from leaves(below, f"{path}{name}.")
        else:
            yield f"{path}{name}", inner


LEAVES = dict(leaves(spot_of(Settings)))


def test_the_settings_have_a_hundred_places_or_more() -> None:
    assert len(LEAVES) > 100


@pytest.mark.parametrize("key", LEAVES)
def test_every_place_of_the_settings_can_say_what_must_stand_there(key: str) -> None:
    wanted = LEAVES[key].wanted()
    assert wanted
    assert "<" not in wanted, "a type's own name is no word for a person"
    assert "typing" not in wanted


@pytest.mark.parametrize("key", [key for key, found in LEAVES.items() if found.is_number])
def test_every_number_of_the_settings_has_a_bound(key: str) -> None:
    assert LEAVES[key].bounds, f"{key} takes any number whatever"
