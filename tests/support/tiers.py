"""Which values of a parameter `make slow` tries: the first few, and `make long` the rest."""

from collections.abc import Iterable
from itertools import islice

import pytest
from _pytest.mark.structures import ParameterSet


def long_after(kept: int, values: Iterable[object]) -> list[object | ParameterSet]:
    """All of the values; those after the first `kept` ones are marked `long`."""
    each = iter(values)
    return [*islice(each, kept), *(pytest.param(value, marks=pytest.mark.long) for value in each)]
