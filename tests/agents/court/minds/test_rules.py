"""The rules mind: honest, deterministic, and every number that it cites stands in the case."""

import asyncio
from typing import Any

import pytest
from court_support import AT, SETTINGS, advocate, analyst, book, case, downtrend, officer, signals
from hypothesis import given
from hypothesis import strategies as st

from agents.court.case import Case
from agents.court.grounding import ground
from agents.court.minds.rules import RulesMind
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, HorizonView, RiskOpinion, SupervisorOpinion
from agents.strategies.vote import NetVote
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.headline import SentimentData

MIND = RulesMind(SETTINGS.court, SETTINGS.limits)
ALL = (Timeframe.H1, Timeframe.H4, Timeframe.D1)


def hear(what: Case) -> tuple[Any, Any, Any, Any]:
    async def trial() -> tuple[Any, Any, Any, Any]:
        first, second = await MIND.analyst(what), await MIND.risk_agent(what)
        third = await MIND.devils_advocate(what, first, second)
        return first, second, third, await MIND.supervisor(what, first, second, third)

    return asyncio.run(trial())


def test_it_expects_a_rise_in_an_uptrend_and_a_fall_in_a_downtrend() -> None:
    up, *_ = hear(case())
    down, *_ = hear(case(signals={t: downtrend(t) for t in ALL}))
    assert (up.direction, down.direction) == (Direction.LONG, Direction.SHORT)
    assert up.horizons[0].expected_move_bps > 0 > down.horizons[0].expected_move_bps


def test_it_judges_four_horizons_and_abstains_on_the_one_that_is_too_young() -> None:
    opinion, *_ = hear(case())
    spoken = [view.horizon for view in opinion.horizons if isinstance(view, HorizonView)]
    silent = [view for view in opinion.horizons if isinstance(view, Abstained)]
    assert spoken == list(ALL)
    assert [view.why for view in silent] == ["1w: no closed bar of this length"]


def test_with_no_history_the_analyst_abstains_and_nothing_is_bought() -> None:
    bare = signals(rsi_14=None, macd_hist=None, sma_50=None, sma_200=None, ema_12=None, ema_26=None, atr_14_quote=None)
    words = hear(case(signals={Timeframe.H1: bare}))
    assert isinstance(words[0], Abstained)
    assert isinstance(words[3], Abstained)


def test_a_purchase_against_the_trend_is_rejected() -> None:
    *_, ruling = hear(case(signals={t: downtrend(t) for t in ALL}))
    assert ruling.scale_pct == 0


def test_the_advocate_finds_the_overbought_market_and_names_it_first() -> None:
    hot = case(signals={t: signals(t, rsi_14=81.0, overbought=True, bb_upper=50_100.0) for t in ALL})
    *_, attack, _ = hear(hot)
    assert attack.evidence[0].field == "signals.1h.rsi_14"
    assert attack.strength_pct >= 40


def test_the_advocate_cites_the_risk_of_an_ordinary_bar_when_nothing_else_speaks_against_the_purchase() -> None:
    *_, attack, _ = hear(case())
    assert [item.field for item in attack.evidence] == ["signals.1h.atr_14_quote"]
    assert attack.strength_pct <= 10


def test_bad_news_weighs_on_the_case() -> None:
    bad = SentimentData(symbol="BTC/USDT", as_of_utc=AT, score=-0.8, flags=("hack",))
    calm, alarmed = hear(case()), hear(case(sentiment=bad))
    assert alarmed[2].strength_pct > calm[2].strength_pct
    assert alarmed[3].scale_pct < calm[3].scale_pct


@pytest.mark.parametrize(
    ("trouble", "most"),
    [
        ({"breaker": "drawdown"}, 0),
        ({"drawdown": 0.1}, 50),
        ({"day_return": -0.03}, 50),
        ({"worst_correlation": 0.65}, 50),
        ({"deployed_fraction": 0.18}, 75),
    ],
)
def test_trouble_in_the_account_lowers_the_allowed_scale(trouble: dict[str, Any], most: int) -> None:
    _, officer_, _, ruling = hear(case(book=book(**trouble)))
    assert officer_.scale_pct == most
    assert ruling.scale_pct <= most


floats = st.floats(1.0, 1e5)
maybe = st.one_of(st.none(), st.floats(0.0, 100.0))


@given(
    rsi=maybe, adx=maybe, fast=floats, slow=floats, mean=floats, close=floats, atr=st.floats(0.0, 1e4),
    score=st.one_of(st.none(), st.floats(-1, 1)), drawdown=st.floats(0, 1), sigma=maybe, against=st.floats(0, 1),
)  # fmt: skip
def test_in_any_market_every_citation_matches_and_the_opinion_is_deterministic(
    rsi: float | None, adx: float | None, fast: float, slow: float, mean: float, close: float, atr: float,
    score: float | None, drawdown: float, sigma: float | None, against: float,
) -> None:  # fmt: skip
    now = signals(rsi_14=rsi, adx_14=adx, ema_12=fast, ema_26=slow, sma_50=mean, close=close, atr_14_quote=atr)
    news = SentimentData(symbol="BTC/USDT", as_of_utc=AT, score=Abstained(why="x") if score is None else score)
    proposal = NetVote(direction=Direction.LONG, conviction=0.5, against=against, votes=())
    what = case(
        signals={Timeframe.H1: now}, sentiment=news, proposal=proposal, book=book(drawdown=drawdown, last_sigma=sigma)
    )
    words = hear(what)
    assert words == hear(what)
    for word in words:
        if isinstance(word, AnalystOpinion | RiskOpinion | AdvocateOpinion | SupervisorOpinion):
            assert ground(what, word)[1] == ()


def test_the_supervisor_never_grants_more_than_the_officer() -> None:
    async def ruled() -> Any:
        return await MIND.supervisor(case(), analyst(conviction_pct=100), officer(25), advocate(0))

    assert asyncio.run(ruled()).scale_pct == 25
