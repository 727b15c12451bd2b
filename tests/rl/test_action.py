"""What an action means: nothing learnt is the base, and no action gives more than the most."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UsageFault
from execution.observation import COLUMNS
from rl.action import MOST, Base, multipliers


def rows(volatility: float, ratio: float = 1.0) -> np.ndarray:
    made = np.full((1, len(COLUMNS)), np.nan)
    made[0, [COLUMNS.index("volatility"), COLUMNS.index("volatility_ratio")]] = volatility, ratio
    return made


def test_the_base_is_the_target_over_the_volatility_up_to_the_most() -> None:
    assert Base(0.02).of(rows(0.04)) == [0.5]
    assert Base(0.02).of(rows(0.001)) == [MOST]


def test_a_blend_moves_the_base_from_the_long_volatility_to_the_short_one() -> None:
    assert Base(0.02, 0.0).of(rows(0.04, 4.0)) == pytest.approx(0.5)
    assert Base(0.02, 0.5).of(rows(0.04, 4.0)) == pytest.approx(0.25)
    assert Base(0.02, 1.0).of(rows(0.04, 4.0)) == pytest.approx(0.125)


def test_without_a_target_or_a_volatility_the_ruling_stands() -> None:
    assert Base().of(rows(0.04)) == [1.0]
    assert Base(0.02).of(rows(np.nan)) == [1.0]
    assert Base(0.02, 0.5).of(rows(0.04, np.nan)) == [1.0]


@pytest.mark.parametrize(
    ("target", "blend"), [(0.0, 0.0), (np.inf, 0.0), (np.nan, 0.0), (0.02, -0.1), (0.02, 1.1), (0.02, np.nan)]
)
def test_a_base_that_is_no_rule_is_refused(target: float, blend: float) -> None:
    with pytest.raises(UsageFault, match="is no rule"):
        Base(target, blend)


@given(base=st.floats(0.0, MOST), action=st.floats(allow_nan=True, allow_infinity=True))
def test_a_multiplier_is_between_nothing_and_the_most_whatever_is_said(base: float, action: float) -> None:
    made = multipliers(np.array([base]), np.array([action]))
    assert 0.0 <= made[0] <= MOST
    if not np.isfinite(action) or action == 0.0:
        assert made[0] == base


def test_actions_scale_the_base() -> None:
    assert multipliers(np.full(4, 0.6), np.array([-1.0, -0.5, 0.5, 1.0])) == pytest.approx([0.0, 0.3, 0.9, 1.2])
