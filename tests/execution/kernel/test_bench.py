"""The bench beside other engines: a ratio of times is given only for the same fills."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from risk.limits.catalogue import CATALOGUE

KEPT = {"position", "deployed", "var_1d", "es_1d"}


@pytest.fixture(scope="module")
def bench() -> Any:
    file = Path(__file__).resolve().parents[3] / "benchmarks/backtest.py"
    spec = importlib.util.spec_from_file_location("bench_of_the_kernel", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
