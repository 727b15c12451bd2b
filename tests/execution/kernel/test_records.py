"""The kernel's own words: rules in the gate's order, room for what a bar can bring, and fields that a record really holds."""

import numpy as np
import pytest

from config.sections.limits import RiskLimits
from config.sections.venue import MOST_LEVELS
from execution.kernel import records as w
from risk.limits.catalogue import CATALOGUE
from risk.limits.row import Kernel, Part
from risk.order import Purpose


def test_rules_are_distinct_and_stand_in_the_order_of_the_catalogue() -> None:
    assert len(set(w.RULES)) == len(w.RULES)
    checked = [limit.code for limit in CATALOGUE if limit.part is Part.CHECK and limit.kernel is Kernel.COUNTED]
    assert [rule for rule in w.RULES if rule in checked] == checked
    assert (w.RULES[0], w.RULES[-2:]) == ("well_formed", ("tail_check", "min_notional"))


@pytest.mark.parametrize(
    ("index", "code"),
    [(w.WELL_FORMED, "well_formed"), (w.BREAKER, "breaker"), (w.CORRELATED, "correlation"), (w.TAILS, "tail_check"),
     (w.MIN_NOTIONAL, "min_notional"), (w.SPREAD, "spread")],
)  # fmt: skip
def test_a_rule_is_counted_under_its_own_name(index: int, code: str) -> None:
    assert w.RULES[index] == code
    assert w.ACCOUNT["refused"].shape == (len(w.RULES),)


def test_purposes_are_those_of_orders_by_their_number() -> None:
    assert set(w.PURPOSES) <= {purpose.value for purpose in Purpose}
    named = (
        w.ENTRY,
        w.STOP_LOSS,
        w.TAKE_PROFIT,
        w.TRAILING_STOP,
        w.STRATEGY_EXIT,
        w.TRIM,
        w.HORIZON_EXIT,
        w.LIQUIDATION,
    )
    assert [w.PURPOSES[number] for number in named] == list(w.PURPOSES)


def test_every_setting_that_is_counted_is_a_setting_and_has_its_field() -> None:
    assert len(set(w.SETTINGS)) == len(w.SETTINGS) > 5
    assert set(w.SETTINGS) <= set(RiskLimits.model_fields)
    assert set(w.SETTINGS) <= set(w.LIMITS.names or ())


def test_an_entry_has_room_for_a_lot_at_every_level_of_every_book_that_it_may_meet() -> None:
    assert w.PLACE["lot_sizes"].shape[0] > w.ENTRY_BOOKS * MOST_LEVELS
    assert w.PLACE["lot_sizes"].shape == w.PLACE["lot_ticks"].shape
    assert w.PLACE["orders"].shape == (w.SLOTS, w.LINKED + 1)
    assert w.PLACE["prices"].shape == w.PLACE["depths"].shape == w.PLACE["late"].shape == (2, MOST_LEVELS)


@pytest.mark.parametrize("kind", [w.BAR, w.FILL, w.RULE, w.LIMITS, w.PLACE, w.ACCOUNT, w.LANE])
def test_a_record_of_zeros_is_whole_and_aligned(kind: np.dtype[np.void]) -> None:
    made = np.zeros(3, dtype=kind)
    assert kind.isalignedstruct
    assert not made.view(np.uint8).any()
    assert len(set(kind.names or ())) == len(kind.names or ()) > 0
