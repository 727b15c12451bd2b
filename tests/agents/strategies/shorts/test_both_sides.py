"""Votes where a market may be sold short: who opens a short, who closes one, and which built-in strategies may be short."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.strategies.contexts import build_contexts, sides_of, strategy_class, votes_on
from agents.strategies.netting import lasting, lean, net
from agents.strategies.vote import NetVote, Vote
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.strategies import STRATEGIES, StrategyContext
from market.bar import Bar
from market.indicators.engine import SignalEngine
from market.timeframe import Timeframe
from risk.proposal import Direction

LONG, SHORT, NONE = Direction.LONG, Direction.SHORT, Direction.NONE


def vote(direction: Direction, confidence: float = 0.8, *, short: bool = False, **more: Any) -> Vote:
    return Vote(
        voter="v", symbol="BTC/USDT", direction=direction, confidence=confidence, weight=more.pop("weight", 1.0),
        reasons=("why",), goes_short=short, **more,
    )  # fmt: skip


def both(*votes: Vote) -> NetVote:
    return net(votes, 0.2, both_sides=True)


def test_who_may_be_short_opens_one_and_who_may_not_only_closes() -> None:
    assert both(vote(SHORT, short=True)).is_short
    out = both(vote(SHORT))
    assert (out.direction, out.opens, out.proposed) == (SHORT, False, NONE)
    assert out.closes(short=False)
    assert not out.closes(short=True), "who wants to be out of a long says nothing of a short"


def test_votes_to_be_out_dilute_a_short_sale() -> None:
    assert not both(vote(SHORT, 0.3, short=True), vote(SHORT, 1.0, weight=4.0)).opens
    mixed = both(vote(SHORT, 0.9, short=True), vote(SHORT, 1.0))
    assert mixed.opens
    assert mixed.conviction == 0.45


def test_a_purchase_closes_a_short_and_a_short_sale_closes_a_long() -> None:
    assert both(vote(LONG)).closes(short=True)
    assert not both(vote(LONG)).closes(short=False)
    assert both(vote(SHORT, short=True)).closes(short=False)
    assert not both(vote(SHORT, short=True)).closes(short=True)


def test_who_holds_a_share_and_wants_none_closes_both_sides() -> None:
    flat = both(vote(SHORT, exposure=0.0))
    assert flat.closes(short=True)
    assert flat.closes(short=False)
    assert not flat.opens


def test_shares_are_added_with_their_signs() -> None:
    short = both(vote(SHORT, short=True, exposure=0.8, exit_price=110.0), vote(LONG, exposure=0.2, exit_price=90.0))
    assert (short.is_short, short.exit_price) == (True, 110.0)
    assert short.exposure == pytest.approx(0.3)
    assert both(vote(SHORT, short=True, exposure=0.2), vote(LONG, exposure=0.8)).direction is LONG


def test_the_farthest_exit_of_shorts_is_the_highest() -> None:
    told = both(*(vote(SHORT, short=True, exposure=0.5, exit_price=price, horizon_bars=9) for price in (110.0, 120.0)))
    assert (told.exit_price, told.horizon_bars) == (120.0, 9)
    assert lasting(told.votes, short=True) == 9
    assert lasting(told.votes) is None
    assert lean(told.votes, short=True) == 0.8


votes = st.builds(
    vote, st.sampled_from((LONG, SHORT)), st.floats(0.0, 1.0), exposure=st.none() | st.floats(0.0, 1.0),
    weight=st.floats(0.1, 3.0),
)  # fmt: skip


@given(cast=st.lists(votes, min_size=1, max_size=6), share=st.floats(0.0, 1.0))
def test_the_mirror_of_all_votes_is_the_mirror_of_the_net(cast: list[Vote], share: float) -> None:
    """Where every voter may be short, short sales are netted as purchases are."""
    here = [each.model_copy(update={"goes_short": each.direction is SHORT and each.exposure != 0.0}) for each in cast]
    here = [each for each in here if each.exposure != 0.0]
    there = [
        each.model_copy(
            update={"direction": SHORT if each.direction is LONG else LONG, "goes_short": not each.goes_short}
        )
        for each in here
    ]
    one, other = net(tuple(here), 0.2, both_sides=True), net(tuple(there), 0.2, both_sides=True)
    assert (one.opens, one.is_short) == (other.opens, other.opens and not other.is_short)
    assert one.exposure == pytest.approx(other.exposure)
    if one.opens:
        assert one.conviction == pytest.approx(other.conviction)


@given(cast=st.lists(votes, min_size=1, max_size=6))
def test_on_spot_nothing_is_said_of_shorts(cast: list[Vote]) -> None:
    told = net(tuple(cast), 0.2)
    assert (told.opens_short, told.closes_short) == (None, False)
    assert not {"opens_short", "closes_short"} & told.model_dump(mode="json").keys()


def test_the_built_in_strategies_that_may_be_short() -> None:
    may = {name for name in STRATEGIES if sides_of(strategy_class(name)) == "both"}
    assert may == {"golden_cross", "rsi_bounce", "funding_extreme", "outside", "trend_ensemble", "cross_momentum"}
    for name in STRATEGIES:
        told = " ".join((strategy_class(name).__doc__ or "").split()).lower()
        assert ("can be short" in told) if name in may else ("long only:" in told or "never short:" in told), name


def test_a_strategy_that_may_not_be_short_is_refused_before_the_start() -> None:
    with pytest.raises(UsageFault, match="ema_cross may not be short"):
        build_contexts((StrategyContext(strategy="ema_cross", sides="both"),), ("BTC/USDT",))


def test_a_profile_of_spot_has_no_shorts() -> None:
    with pytest.raises(UsageFault, match="only perpetuals can be sold short"):
        load_profile("paper", {"strategies": [{"strategy": "golden_cross", "sides": "both"}]})


def days(closes: list[float], *, sides: str | None) -> list[tuple[Vote, ...]]:
    contexts = build_contexts(
        (StrategyContext.model_validate({"strategy": "trend_ensemble", "sides": sides}),), ("A/B",)
    )
    engine, said = SignalEngine("A/B", Timeframe.D1), []
    for number, close in enumerate(closes):
        bar = Bar(
            symbol="A/B", timeframe=Timeframe.D1, close_utc=datetime(2020, 1, 2, tzinfo=UTC) + timedelta(days=number),
            open=close, high=close, low=close, close=close, volume=1.0,
        )  # fmt: skip
        engine.push(bar)
        now = engine.signals(Timeframe.D1)
        assert now is not None
        said.append(votes_on("A/B", now, contexts))
    return said


def test_the_trend_ensemble_sells_short_what_falls_with_its_exit_above_the_price() -> None:
    falls = [1000.0 - number + 3 * (number % 3) for number in range(420)]
    (last,) = days(falls, sides="both")[-1]
    assert (last.direction, last.goes_short) == (SHORT, True)
    assert (last.exit_price or 0.0) > falls[-1]
    assert (last.exposure or 0.0) > 0.0
    assert not any(days(falls, sides=None)), "long only it has bought nothing, and has nothing to say"


def test_the_trend_ensemble_is_out_of_a_short_when_its_fall_has_ended() -> None:
    closes = [1000.0 - number + 3 * (number % 3) for number in range(420)] + [900.0 + number for number in range(3)]
    told = days(closes, sides="both")
    assert any(cast and not cast[0].goes_short for cast in told[420:])
