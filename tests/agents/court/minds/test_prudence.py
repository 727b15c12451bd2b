"""The rules mind as risk officer: each concern begins at its share of a limit, cites the book, and only makes smaller."""

from typing import Any, get_args

import pytest
from court_support import SETTINGS, book, case
from hypothesis import given
from hypothesis import strategies as st

from agents.court.grounding import is_grounded
from agents.court.minds.prudence import Concern, concerns
from agents.court.opinion import ScalePercent

LIMITS = SETTINGS.limits
EDGES: dict[str, tuple[float, float, int]] = {
    "drawdown": (LIMITS.max_drawdown / 2, 1.0, 50),
    "day_return": (-LIMITS.max_daily_loss / 2, -1.0, 50),
    "var_1d": (0.75 * LIMITS.max_var_1d, 1.0, 75),
    "deployed_fraction": (0.75 * LIMITS.max_deployed_fraction, 1.0, 75),
    "worst_correlation": (0.8 * LIMITS.max_correlation, 1.0, 50),
    "last_sigma": (0.6 * LIMITS.turbulence_sigma, 1.0, 50),
}
"""From which value of a field there is a concern, in which direction it grows, and what is let stand."""


def found(**changes: Any) -> tuple[Concern, ...]:
    return concerns(case(book=book(**changes)), LIMITS)


def test_an_untroubled_book_raises_no_concern() -> None:
    assert found() == ()


@pytest.mark.parametrize("field", EDGES)
def test_a_concern_begins_beyond_its_edge_and_not_on_it(field: str) -> None:
    edge, way, scale = EDGES[field]
    assert found(**{field: float(edge)}) == ()
    (concern,) = found(**{field: float(edge) + way * 1e-6})
    assert concern.scale_pct == scale
    assert concern.evidence.field == f"book.{field}"


@pytest.mark.parametrize("field", EDGES)
@pytest.mark.parametrize("times", [1.01, 1.3, 2.0])
def test_a_concern_cites_what_stands_in_the_book(field: str, times: float) -> None:
    heard = case(book=book(**{field: float(EDGES[field][0]) * times}))
    (concern,) = concerns(heard, LIMITS)
    assert is_grounded(heard, concern.evidence)
    assert concern.evidence.claim


def test_an_open_breaker_lets_nothing_stand() -> None:
    (concern,) = found(breaker="daily_loss")
    assert (concern.scale_pct, concern.evidence.value) == (0, "daily_loss")


def test_losses_in_a_row_worry_one_before_the_streak_breaks_and_never_after_a_single_one() -> None:
    least = max(2, LIMITS.loss_streak - 1)
    assert found(losses_in_a_row=least - 1) == ()
    assert [concern.scale_pct for concern in found(losses_in_a_row=least)] == [75]
    short = LIMITS.model_copy(update={"loss_streak": 1})
    assert concerns(case(book=book(losses_in_a_row=1)), short) == ()


def test_all_concerns_are_told_and_not_only_the_worst() -> None:
    told = found(breaker="x", drawdown=0.9, day_return=-0.9, var_1d=0.9, deployed_fraction=0.9, worst_correlation=0.99,
                 last_sigma=99.0, losses_in_a_row=50)  # fmt: skip
    assert len(told) == 8
    assert len({concern.evidence.field for concern in told}) == 8


@given(
    drawdown=st.floats(0.0, 1.0),
    day_return=st.floats(-1.0, 1.0),
    var_1d=st.floats(0.0, 1.0),
    sigma=st.none() | st.floats(0.0, 100.0),
    correlation=st.none() | st.floats(-1.0, 1.0),
    losses=st.integers(0, 100),
)
def test_a_worse_book_never_has_fewer_concerns(
    drawdown: float, day_return: float, var_1d: float, sigma: float | None, correlation: float | None, losses: int
) -> None:
    values: dict[str, Any] = {
        "drawdown": drawdown,
        "day_return": day_return,
        "var_1d": var_1d,
        "last_sigma": sigma,
        "worst_correlation": correlation,
        "losses_in_a_row": losses,
    }
    told = found(**values)
    worse = found(
        **values | {"drawdown": drawdown + 0.1, "day_return": day_return - 0.1, "losses_in_a_row": losses + 1}
    )
    assert {concern.evidence.field for concern in told} <= {concern.evidence.field for concern in worse}
    assert {concern.scale_pct for concern in told} <= set(get_args(ScalePercent)) - {100}
