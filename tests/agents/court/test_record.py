"""The weight of an argument: half without a record, and then what closed cases show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.court.record import HALF, NO_ARGUMENTS, SURE_AT, ArgumentRecord

cases = st.lists(st.tuples(st.floats(0, 1), st.floats(-1.5, 2.5)), max_size=200)


def record_of(said: list[tuple[float, float]]) -> ArgumentRecord:
    found = NO_ARGUMENTS
    for belief, outcome in said:
        found = found.with_case(belief, outcome)
    return found


def test_without_a_record_an_argument_has_half_its_weight() -> None:
    assert NO_ARGUMENTS.weight(20.0) == HALF


def test_an_argument_that_goes_with_the_outcomes_gets_its_whole_weight() -> None:
    assert record_of([(0.9, 1.4), (0.1, -1.1)] * 200).weight(20.0) == pytest.approx((10 + 400) / 420)


def test_an_argument_that_does_not_loses_it() -> None:
    against = record_of([(0.1, 1.4), (0.9, -1.1)] * 200)
    same = record_of([(0.5, 1.4), (0.5, -1.1)] * 200)
    assert against.weight(20.0) == same.weight(20.0) == pytest.approx(10 / 420)


def test_what_a_record_shows_is_the_correlation_in_standard_errors() -> None:
    chance = np.random.default_rng(4)
    said, ended = chance.random(80), chance.normal(size=80)
    ended = ended + 0.5 * said
    shown = np.corrcoef(said, ended)[0, 1] * 80**0.5 / SURE_AT
    assert 0.0 < shown < 1.0
    assert record_of(list(zip(said, ended, strict=True))).weight(20.0) == pytest.approx((10 + 80 * shown) / 100)


@given(cases, cases)
def test_a_weight_lies_between_nothing_and_the_whole_and_records_add_up(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    both, parts = record_of([*one, *other]), record_of(one) + record_of(other)
    assert 0.0 <= both.weight(20.0) <= 1.0
    assert both.cases == parts.cases
    assert both.model_dump() == pytest.approx(parts.model_dump())
