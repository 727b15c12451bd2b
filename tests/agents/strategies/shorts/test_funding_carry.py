"""The side of a perpetual that is paid: when it is entered, held, turned and left, and what is refused."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from court_support import AT, signals

from agents.strategies.contexts import build_contexts
from agents.strategies.facts import Facts
from agents.strategies.informed.funding import FundingExtreme
from agents.strategies.voter import NOTHING, Ballot
from config.errors import UsageFault
from config.sections.strategies import StrategyContext
from config.silence import Abstained
from market.context.view import MarketContext
from market.signals import Regime
from risk.proposal import Direction

LONG, SHORT = Direction.LONG, Direction.SHORT


def facts(rate: float, mean: float) -> Facts:
    values = {"funding_rate": rate, "funding_rate_mean_7d": mean}
    context = MarketContext(symbol="BTC/USDT", as_of_utc=AT, values=values, missing={})
    return cast(Facts, SimpleNamespace(context=context))


def carrying(**params: Any) -> FundingExtreme:
    made = FundingExtreme(carry=1, **params)
    made.take_both_sides()
    return made


def votes(voter: FundingExtreme, *rates: tuple[float, float], **now: Any) -> list[tuple[Direction, float | None]]:
    said = [voter.vote(signals(**now), facts(rate, mean)) for rate, mean in rates]
    assert all(isinstance(each, Ballot) for each in said)
    return [(each.direction, each.exposure) for each in said if isinstance(each, Ballot)]


NONE = (NOTHING.direction, None)
OUT = (SHORT, 0.0)


def test_the_paid_side_is_entered_at_an_extreme_held_while_it_is_paid_and_then_left() -> None:
    rates = [(0.0005, 0.0004), (0.0009, 0.0006), (0.0002, 0.0006), (0.0001, 0.0001), (-0.00001, 0.0001), (0.0, 0.0)]
    assert votes(carrying(), *rates) == [NONE, (SHORT, 1.0), (SHORT, 1.0), (SHORT, 1.0), OUT, NONE]


def test_shorts_that_pay_are_bought_against() -> None:
    rates = [(-0.00005, -0.0001), (-0.0002, -0.0001), (-0.00001, -0.0001), (-0.00001, 0.00001)]
    assert votes(carrying(), *rates) == [NONE, (LONG, 1.0), (LONG, 1.0), OUT]


def test_a_mean_of_seven_days_that_pays_the_other_side_is_no_carry() -> None:
    assert votes(carrying(), (0.0009, -0.0001), (-0.0009, 0.0001)) == [NONE, NONE]


def test_it_turns_where_the_crowd_turns() -> None:
    assert votes(carrying(), (0.0009, 0.0006), (-0.0009, -0.0001)) == [(SHORT, 1.0), (LONG, 1.0)]


def test_it_buys_into_no_storm() -> None:
    assert votes(carrying(), (-0.0009, -0.0001), regime=Regime.CRASH) == [NONE]


def test_each_reason_says_that_there_is_no_hedge() -> None:
    said = carrying().vote(signals(), facts(0.0009, 0.0006))
    assert isinstance(said, Ballot)
    assert said.reasons == ("longs pay 0.090% an interval, and 0.060% on the mean of seven days: held without a hedge",)


def test_where_nothing_is_paid_it_abstains() -> None:
    spot = FundingExtreme(carry=1).vote(signals(), facts(0.0009, 0.0006))
    assert isinstance(spot, Abstained)
    assert "only a perpetual pays funding" in spot.why


def test_without_carry_it_votes_as_it_always_did() -> None:
    single = FundingExtreme()
    single.take_both_sides()
    assert votes(single, (0.0009, 0.0006), (0.0002, 0.0006), (-0.0002, -0.0001)) == [(SHORT, None), NONE, (LONG, None)]


def test_a_hedge_is_refused_in_words_before_the_start() -> None:
    with pytest.raises(UsageFault, match=r"a session trades spot or perpetuals, not both.*Nothing was started"):
        build_contexts((StrategyContext(strategy="funding_extreme", params={"hedged": 1}),), ("BTC/USDT",))
    with pytest.raises(UsageFault, match="must be a whole number from 0 to 1"):
        build_contexts((StrategyContext(strategy="funding_extreme", params={"hedged": 7}),), ("BTC/USDT",))
