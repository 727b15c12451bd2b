"""Every gate with its number, its limit and its verdict; what is unknown has not passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reading.load import load_profile
from config.sections.gates import GateSettings
from evidence.strategies.gates import readiness

LIMITS = GateSettings(min_sharpe=1.0, max_drawdown=0.2, min_trades=50)


def test_the_profiles_limits_are_those_that_were_asked_for() -> None:
    assert load_profile("paper").gates == LIMITS


@pytest.mark.parametrize(
    ("sharpe", "drawdown", "trades", "passed"),
    [
        (1.01, 0.199, 51, (True, True, True)),
        (1.0, 0.2, 50, (False, False, False)),
        (None, 0.1, 500, (False, True, True)),
        (float("inf"), 0.1, 500, (False, True, True)),
        (-3.0, 0.0, 0, (False, True, False)),
    ],
)
def test_a_limit_itself_is_not_passed(
    sharpe: float | None, drawdown: float, trades: int, passed: tuple[bool, bool, bool]
) -> None:
    found = readiness(sharpe=sharpe, max_drawdown=drawdown, trades=trades, limits=LIMITS)
    assert tuple(gate.passed for gate in found.gates) == passed
    assert found.passed is all(passed)
    assert [gate.limit for gate in found.gates] == [1.0, 0.2, 50.0]


@given(st.none() | st.floats(), st.floats(0, 1), st.integers(0, 1000))
def test_all_must_be_passed(sharpe: float | None, drawdown: float, trades: int) -> None:
    found = readiness(sharpe=sharpe, max_drawdown=drawdown, trades=trades, limits=LIMITS)
    assert not found.passed or (sharpe is not None and sharpe > 1 and drawdown < 0.2 and trades > 50)


def test_a_drawdown_with_the_wrong_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        readiness(sharpe=2.0, max_drawdown=-0.3, trades=60, limits=LIMITS)
