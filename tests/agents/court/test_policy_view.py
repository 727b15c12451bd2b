"""What the policy is shown of a court: agreement, news and regime, each missing where it is not known."""

import math

import pytest
from court_support import advocate, analyst, case, officer, supervisor

from agents.court.policy_view import court_view
from config.silence import Abstained
from market.signals import Regime
from rl.features import COURT_COLUMNS, REGIMES

SILENT = Abstained(why="x")


def test_the_columns_are_those_of_the_features() -> None:
    shown = court_view(case(), analyst(), officer(), advocate(), supervisor())
    assert shown._fields == COURT_COLUMNS


def test_roles_that_say_the_same_agree_wholly_and_roles_that_are_torn_not_at_all() -> None:
    sure = analyst().model_copy(update={"direction": "long", "conviction_pct": 100})
    same = court_view(
        case(),
        sure,
        officer().model_copy(update={"scale_pct": 100}),
        advocate().model_copy(update={"strength_pct": 0}),
        supervisor().model_copy(update={"scale_pct": 100}),
    )
    torn = court_view(
        case(),
        sure,
        officer().model_copy(update={"scale_pct": 100}),
        advocate().model_copy(update={"strength_pct": 100}),
        supervisor().model_copy(update={"scale_pct": 0}),
    )
    assert (same.agreement, torn.agreement) == (1.0, 0.0)


def test_a_role_that_is_silent_has_no_belief_and_one_alone_agrees_with_nobody() -> None:
    two = court_view(case(), SILENT, officer(), SILENT, officer_as_supervisor())
    assert two.agreement == 1.0
    assert court_view(case(), SILENT, officer(), SILENT, SILENT).agreement is None
    assert court_view(case(), SILENT, SILENT, SILENT, SILENT).agreement is None


def officer_as_supervisor() -> object:
    return supervisor().model_copy(update={"scale_pct": officer().scale_pct})


@pytest.mark.parametrize(("score", "shown"), [(0.4, 0.4), (SILENT, None)])
def test_news_that_is_silent_is_missing(score: object, shown: float | None) -> None:
    heard = case()
    told = heard.model_copy(update={"sentiment": heard.sentiment.model_copy(update={"score": score})})
    view = court_view(told, analyst(), officer(), advocate(), supervisor())
    assert view.sentiment == shown
    assert math.isnan(view.columns()[1]) is (shown is None)


@pytest.mark.parametrize("regime", list(Regime))
def test_each_regime_is_a_number(regime: Regime) -> None:
    heard = case()
    now = heard.signals[heard.base_timeframe].model_copy(update={"regime": regime})
    told = heard.model_copy(update={"signals": {heard.base_timeframe: now}})
    assert court_view(told, analyst(), officer(), advocate(), supervisor()).regime == REGIMES[regime]


def test_a_regime_that_is_not_known_is_missing() -> None:
    heard = case()
    now = heard.signals[heard.base_timeframe].model_copy(update={"regime": None, "adx_14": None})
    told = heard.model_copy(update={"signals": {heard.base_timeframe: now}})
    assert court_view(told, analyst(), officer(), advocate(), supervisor()).regime is None
