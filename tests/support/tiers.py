"""Which values of a parameter `make slow` tries: the first few, and `make long` the rest."""

from collections.abc import Iterable
from itertools import islice

import pytest
from _pytest.mark.structures import ParameterSet


def long_after(kept: int, values: Iterable[object]) -> list[object | ParameterSet]:
    """All of the values; those after the first `kept` ones are marked `long`. A tuple is the values of several parameters."""
    each = iter(values)
    return [*islice(each, kept), *(_long(value) for value in each)]


def _long(value: object) -> ParameterSet:
    return pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.long)
