"""The bench beside other engines: a ratio of times is given only for the same fills."""

import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from risk.limits.catalogue import CATALOGUE

KEPT = {"position", "deployed", "var_1d", "es_1d"}


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """All names of the modules that the bench is made of."""
    folder = str(Path(__file__).resolve().parents[3] / "benchmarks")
    sys.path.insert(0, folder)
    names: dict[str, Any] = {}
    for module in ("bars", "fills", "strategy", "alone"):
        names |= vars(import_module(f"peers.{module}"))
    yield SimpleNamespace(**names)
    sys.path.remove(folder)


def test_the_same_fills_may_be_compared_and_each_difference_is_named(bench: Any) -> None:
    one = [bench.Traded(3, True, 0.5, 100.0), bench.Traded(7, False, 0.5, 101.0)]
    assert bench.difference(one, list(one)) == ""
    assert bench.difference([], []) == "nothing was traded"
    assert bench.difference(one, []) == "nothing was traded"
    assert bench.difference(one, one[:1]) == "2 fills and 1"
    assert bench.difference(one, [one[0], one[1]._replace(bar=8)]) == "fill 1 is at bar 7 and at bar 8"
    assert bench.difference(one, [one[0]._replace(quantity=0.6), one[1]]) == "fill 0 has quantity 0.5 and 0.6"
    assert bench.difference(one, [one[0], one[1]._replace(price=101.01)]) == "fill 1 has price 101 and 101.01"


def test_the_bench_has_every_limit_at_its_loosest_but_those_that_it_names(bench: Any) -> None:
    for limit in CATALOGUE:
        if limit.code not in KEPT:
            assert limit.binding_settings(bench.LIMITS) == ()
    assert bench.LIMITS.max_position_fraction == bench.SETTINGS.limits.max_position_fraction == 0.5


def test_the_signals_alone_are_bought_at_the_ask_and_sold_at_the_bid_of_the_next_open_one_coin_each(bench: Any) -> None:
    """What the bench gives to other engines: with these prices and one coin they make our fills."""
    bars = bench.candles(6_000, Path("no such file"))
    enter, leave = bench.late_signals(bars)
    price = bench.prices_alone(bars, enter)
    held, wanted = False, []
    for bar in range(len(price)):
        if (enter if not held else leave)[bar]:
            held = not held
            wanted.append(bench.Traded(bar, held, 1.0, price[bar], price[bar] * bench.FEE))
    made = bench.ours_alone(bars)
    assert len(wanted) > 20
    assert made.signed == made.proposed
    assert bench.difference(bench.our_fills(made, Decimal(1)), wanted) == ""


def test_fees_and_the_last_digit_of_a_price_are_compared_too(bench: Any) -> None:
    one = [bench.Traded(3, True, 1.0, 100.0, 0.1)]
    assert "has price" in bench.difference(one, [one[0]._replace(price=100.00000001)])
    assert bench.difference(one, [one[0]._replace(fee=0.11)]) == "fill 0 has fee 0.1 and 0.11"
