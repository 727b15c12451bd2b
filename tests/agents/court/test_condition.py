"""What would change the analyst's mind is watched by a program, and fires on what is known alone."""

from typing import Any

import pytest
from court_support import case
from pydantic import ValidationError

from agents.court.condition import Condition, can_be_watched, holds

RSI = "signals.1h.rsi_14"


def condition(field: str, comparison: Any, value: Any) -> Condition:
    return Condition(field=field, comparison=comparison, value=value)


@pytest.mark.parametrize(
    ("field", "comparison", "value", "true"),
    [
        (RSI, "above", 61.0, True),
        (RSI, "above", 61.25, False),
        (RSI, "below", 70, True),
        (RSI, "below", 61.25, False),
        (RSI, "is", 61.25, True),
        (RSI, "is", 61, False),
        ("signals.1h.overbought", "is", False, True),
        ("signals.1h.overbought", "is", True, False),
        ("proposal.direction", "is", "long", True),
        ("book.losses_in_a_row", "above", 2, False),
        ("sentiment.flags.hack", "is", True, False),
    ],
)
def test_a_condition_is_read_from_the_field_that_it_names(field: str, comparison: str, value: Any, true: bool) -> None:
    assert holds(case(), condition(field, comparison, value)) is true


@pytest.mark.parametrize(
    ("field", "comparison", "value"),
    [
        ("signals.1w.rsi_14", "above", 50),
        ("signals.1h.stoch_k", "above", 50),
        ("sentiment.score", "below", 0.0),
        ("the moon", "is", "full"),
        ("signals.1h.overbought", "above", 0),
        ("signals.1h.overbought", "is", 1),
        (RSI, "is", True),
        (RSI, "above", "70"),
        ("proposal.direction", "below", 3),
    ],
)
def test_what_is_not_known_or_cannot_be_compared_fires_nothing(field: str, comparison: str, value: Any) -> None:
    asked = condition(field, comparison, value)
    assert holds(case(), asked) is None
    assert not can_be_watched(case(), asked)


def test_what_holds_already_cannot_change_a_mind_any_more() -> None:
    assert not can_be_watched(case(), condition(RSI, "above", 50))
    assert can_be_watched(case(), condition(RSI, "below", 50))


@pytest.mark.parametrize(("comparison", "value"), [("equals", 3), ("above", None), ("above", float("nan"))])
def test_a_condition_out_of_the_closed_forms_is_refused(comparison: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        condition(RSI, comparison, value)


@pytest.mark.parametrize(
    ("value", "told"), [(49_800.0, "49800"), (0.25, "0.25"), (True, "true"), ("short", "short"), (3, "3")]
)
def test_a_condition_is_told_as_a_reader_would_say_it(value: Any, told: str) -> None:
    assert condition("a.b", "below", value).told == f"a.b below {told}"
