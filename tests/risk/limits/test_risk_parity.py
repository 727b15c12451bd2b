"""Equal parts of the risk: the weights against known answers, and the rule that shares a session's room by them."""

from typing import Any

import numpy as np
import pytest
from gate_support import LIMITS, cap, facts, proposal, returns
from hypothesis import given
from hypothesis import strategies as st

from risk.facts import DocketView, Facts
from risk.limits.docket import equal_risk
from risk.measures.horizon import horizon_of, one_day_var
from risk.measures.risk_parity import equal_risk_weights

SHARED = LIMITS.model_copy(update={"risk_parity": True, "max_position_fraction": 1.0})
NAMES = ("BTC/USDT", "ETH/USDT", "SOL/USDT")


def test_markets_alike_and_apart_get_the_same() -> None:
    assert equal_risk_weights(np.eye(4) * 0.09) == pytest.approx(np.full(4, 0.25))


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.5, 0.999])
def test_of_two_markets_each_gets_the_inverse_of_its_volatility(correlation: float) -> None:
    covariance = [[1.0, 3.0 * correlation], [3.0 * correlation, 9.0]]
    assert equal_risk_weights(covariance) == pytest.approx([0.75, 0.25])


def test_the_published_example_of_four_markets() -> None:
    correlation = np.array([[1, 0.8, 0, 0], [0.8, 1, 0, 0], [0, 0, 1, -0.5], [0, 0, -0.5, 1]])
    volatility = np.array([0.1, 0.2, 0.3, 0.4])
    found = equal_risk_weights(correlation * np.outer(volatility, volatility))
    assert found == pytest.approx([0.384, 0.192, 0.243, 0.182], abs=0.0006), "Maillard, Roncalli and Teiletche 2010"


@given(st.integers(1, 12), st.integers(0, 2**32 - 1), st.floats(0.0, 3.0))
def test_contributions_are_equal_and_weights_positive_and_whole(count: int, seed: int, common: float) -> None:
    chance = np.random.default_rng(seed)
    moves = chance.normal(size=(60, count)) + common * chance.normal(size=(60, 1))
    covariance = np.atleast_2d(np.cov(moves * chance.uniform(1e-4, 0.3, count), rowvar=False))
    weights = equal_risk_weights(covariance)
    brought = weights * (covariance @ weights)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights > 0).all()
    assert brought == pytest.approx(np.full(count, brought.mean()), rel=1e-8)


@pytest.mark.parametrize(
    ("covariance", "words"),
    [
        ([[0.0]], "never moved"),
        ([[1.0, 0.0], [0.0, 0.0]], "never moved"),
        ([[1.0, 0.0], [0.0, -1.0]], "never moved"),
        ([[1.0, -1.0], [-1.0, 1.0]], "all but cancel each other out"),
        ([[np.nan]], "finite covariance"),
        ([1.0, 2.0], "finite covariance"),
        ([[1.0, 2.0]], "finite covariance"),
        (np.empty((0, 0)), "finite covariance"),
    ],
)
def test_what_has_no_answer_is_refused(covariance: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        equal_risk_weights(covariance)


DAY = horizon_of(LIMITS, 24.0)


def docket(*sigmas: float, rows: int = 500) -> DocketView:
    return DocketView(NAMES[: len(sigmas)], returns(columns=len(sigmas), sigma=1.0, rows=rows) * sigmas)


def sharing(view: DocketView | None, symbol: str = "BTC/USDT", **limits: Any) -> Facts:
    return facts(docket=view, proposal=proposal(symbol=symbol), limits=SHARED.model_copy(update=limits))


def test_each_proposal_has_its_part_of_the_value_at_risk_and_the_wilder_one_a_smaller_weight() -> None:
    view = docket(0.01, 0.02, 0.04)
    weights = np.array([cap(equal_risk(sharing(view, symbol))) / 10_000 for symbol in NAMES])
    assert weights == pytest.approx(weights.sum() * equal_risk_weights(np.cov(view.returns, rowvar=False)))
    assert weights[0] > 1.5 * weights[1] > 2.25 * weights[2]
    whole = one_day_var(DAY.steps(view.returns) @ weights, LIMITS, DAY)
    assert whole == pytest.approx(LIMITS.max_var_1d)
    assert (equal_risk(sharing(view)).code, equal_risk(sharing(view)).note) == ("equal_risk", "one of 3")


def test_a_proposal_alone_has_all_of_it() -> None:
    alone = docket(0.01)
    value = one_day_var(DAY.steps(alone.returns[:, 0]), LIMITS, DAY)
    assert cap(equal_risk(sharing(alone))) == pytest.approx(10_000 * LIMITS.max_var_1d / value)


def test_no_part_is_larger_than_a_position_may_be() -> None:
    assert equal_risk(sharing(docket(1e-6))).notional_cap is None
    assert equal_risk(sharing(docket(1e-6), max_position_fraction=0.05)).notional_cap is None
    gains = docket(0.01)
    for never_lost in (abs(gains.returns), np.maximum(gains.returns, 0.0)):
        only = DocketView(gains.symbols, never_lost)
        assert equal_risk(sharing(only, var_method="historical")).notional_cap is None, "there is no VaR to share"


def test_where_the_profile_does_not_ask_for_it_nothing_is_shared() -> None:
    found = equal_risk(facts(docket=None))
    assert (found.notional_cap, found.note) == (None, "no limit is set")


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (None, "what else is proposed is not known"),
        (DocketView(("ETH/USDT",), returns()), "what else is proposed is not known"),
        (docket(0.01, 0.02, rows=197), "too few bars of all of them are known"),
        (docket(0.01, 0.0), "a market that never moved brings no risk, however much of it is held"),
    ],
)
def test_a_session_that_cannot_be_weighed_leaves_nothing(view: DocketView | None, why: str) -> None:
    found = equal_risk(sharing(view))
    assert (cap(found), found.note) == (0.0, why)


def test_a_short_window_needs_no_more_bars_than_it_has() -> None:
    assert cap(equal_risk(sharing(docket(0.01, rows=198)))) > 0
    assert cap(equal_risk(sharing(docket(0.01, rows=40), risk_window_bars=40, risk_window_h=0))) > 0
