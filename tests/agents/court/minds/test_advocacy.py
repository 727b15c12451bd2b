"""The rules mind as devil's advocate: each point rests on a field, weighs what it says, and something is always brought."""

from typing import Any

import pytest
from court_support import book, case, signals
from hypothesis import given
from hypothesis import strategies as st

from agents.court.case import Case
from agents.court.grounding import is_grounded
from agents.court.minds.advocacy import counter_evidence, together
from agents.court.minds.attack import Attack
from agents.court.opinion import Evidence
from agents.strategies.vote import NetVote
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.events import FLAGS
from sentiment.headline import SentimentData

CALM: dict[str, Any] = {
    "rsi_14": 55.0,
    "close": 50_100.0,
    "high": 50_700.0,
    "low": 50_000.0,
    "open": 50_050.0,
    "adx_14": 27.0,
    "volume_ratio_20": 1.0,
    "realized_volatility": 0.4,
}


def heard(higher: dict[str, Any] | None = None, **changes: Any) -> Case:
    """A case with nothing against it, but for these changes of the base timeframe and of the higher ones."""
    frames = {Timeframe.H1: signals(**(CALM | changes))}
    for timeframe in (Timeframe.H4, Timeframe.D1, Timeframe.W1):
        frames[timeframe] = signals(timeframe, **(CALM | (higher or {})))
    return case(signals=frames)


def cited(found: tuple[Attack, ...]) -> list[str]:
    return [attack.evidence.field for attack in found]


def mood(score: float | Abstained, *flags: str) -> Case:
    said = SentimentData(symbol="BTC/USDT", as_of_utc=heard().as_of_utc, score=score, flags=flags)
    return heard().model_copy(update={"sentiment": said})


ALONE = {
    "overbought": ({"rsi_14": 70.0}, "signals.1h.rsi_14", 0.25),
    "above the band": ({"close": 51_100.0, "high": 51_200.0, "sma_50": 50_900.0}, "signals.1h.bb_upper", 0.15),
    "run away": ({"sma_50": 48_800.0}, "signals.1h.sma_50", 0.2),
    "no trend": ({"adx_14": 17.9}, "signals.1h.adx_14", 0.15),
    "no volume": ({"volume_ratio_20": 0.69}, "signals.1h.volume_ratio_20", 0.12),
    "below the mean": ({"sma_200": 52_000.0}, "signals.1h.sma_200", 0.15),
    "wild": ({"realized_volatility": 1.3}, "signals.1h.realized_volatility", 0.15),
}


@pytest.mark.parametrize(("changes", "field", "weight"), ALONE.values(), ids=ALONE.keys())
def test_each_fault_of_the_market_is_one_point_with_its_weight(
    changes: dict[str, float], field: str, weight: float
) -> None:
    (attack,) = counter_evidence(heard(**changes))
    assert (attack.evidence.field, attack.weight) == (field, weight)
    assert is_grounded(heard(**changes), attack.evidence)


@pytest.mark.parametrize(
    "edge", [{"rsi_14": 69.9}, {"adx_14": 18.0}, {"volume_ratio_20": 0.7}, {"realized_volatility": 1.2}]
)
def test_on_the_edge_nothing_is_said(edge: dict[str, float]) -> None:
    assert cited(counter_evidence(heard(**edge))) == ["signals.1h.atr_14_quote"]


def test_where_nothing_is_wrong_the_price_of_being_wrong_is_named() -> None:
    (attack,) = counter_evidence(heard())
    assert attack.evidence.field == "signals.1h.atr_14_quote"
    assert attack.weight == pytest.approx(3 * 300.0 / 50_100.0)
    assert "the stop can be hit by noise" in attack.evidence.claim


@given(atr=st.floats(0.01, 50_000.0))
def test_the_price_of_being_wrong_never_weighs_more_than_a_tenth(atr: float) -> None:
    (attack,) = counter_evidence(heard(atr_14_quote=atr, sma_50=50_100.0))
    assert 0.0 < attack.weight <= 0.1


def test_each_higher_trend_that_points_down_counts_and_the_day_counts_most() -> None:
    found = counter_evidence(heard(higher={"ema_12": 49_000.0}))
    assert {attack.evidence.field: attack.weight for attack in found} == {
        "signals.1d.ema_12": 0.18,
        "signals.4h.ema_12": 0.12,
        "signals.1w.ema_12": 0.12,
    }
    assert cited(found)[0] == "signals.1d.ema_12"


def test_an_overbought_higher_timeframe_counts_half() -> None:
    found = counter_evidence(heard(higher={"overbought": True, "rsi_14": 80.0}))
    assert {attack.evidence.field: attack.weight for attack in found} == {
        "signals.1d.rsi_14": 0.09,
        "signals.4h.rsi_14": 0.06,
        "signals.1w.rsi_14": 0.06,
    }


def test_a_higher_timeframe_that_is_too_young_says_nothing() -> None:
    assert cited(counter_evidence(heard(higher={"ema_26": None, "ema_12": 49_000.0}))) == ["signals.1h.atr_14_quote"]


@pytest.mark.parametrize(("score", "weight"), [(-0.2, 0.1), (-0.6, 0.3), (-0.9, 0.35)])
def test_bad_headlines_weigh_half_of_their_score_up_to_a_limit(score: float, weight: float) -> None:
    (attack,) = counter_evidence(mood(score))
    assert (attack.evidence.field, attack.weight) == ("sentiment.score", pytest.approx(weight))


@pytest.mark.parametrize("score", [-0.1, 0.0, 0.8, Abstained(why="nothing heard")])
def test_good_headlines_and_silence_are_no_counter_evidence(score: float | Abstained) -> None:
    assert cited(counter_evidence(mood(score))) == ["signals.1h.atr_14_quote"]


@pytest.mark.parametrize("flag", FLAGS)
def test_every_hard_event_is_brought_up_even_where_nobody_scored(flag: str) -> None:
    (attack,) = counter_evidence(mood(Abstained(why="too few"), flag))
    assert attack.evidence.field == f"sentiment.flags.{flag}"
    assert attack.evidence.value is True
    assert is_grounded(mood(Abstained(why="too few"), flag), attack.evidence)


def test_voters_that_disagree_and_a_violent_bar_are_brought_up() -> None:
    torn = NetVote(direction=Direction.LONG, conviction=0.4, against=0.2, votes=())
    assert cited(counter_evidence(heard().model_copy(update={"proposal": torn}))) == ["proposal.against"]
    violent = heard().model_copy(update={"book": book(last_sigma=3.1)})
    assert cited(counter_evidence(violent)) == ["book.last_sigma"]


def test_the_heaviest_point_comes_first() -> None:
    found = counter_evidence(heard(rsi_14=75.0, adx_14=10.0, volume_ratio_20=0.1))
    assert [attack.weight for attack in found] == [0.25, 0.15, 0.12]


WEIGHTS = st.lists(st.floats(0.0, 1.0), max_size=8)


def attacks(weights: list[float]) -> tuple[Attack, ...]:
    evidence = Evidence(field="signals.1h.rsi_14", value=1.0, claim="so")
    return tuple(Attack(weight, evidence) for weight in weights)


@given(weights=WEIGHTS, more=st.floats(0.0, 1.0))
def test_points_add_up_as_independent_reasons_do(weights: list[float], more: float) -> None:
    strength = together(attacks(weights))
    assert 0.0 <= strength <= 1.0
    assert strength >= max(weights, default=0.0) - 1e-12
    assert together(attacks([*weights, more])) >= strength - 1e-12
    assert together(attacks(weights[::-1])) == pytest.approx(strength)


def test_two_halves_are_three_quarters_and_nothing_is_nothing() -> None:
    assert together(attacks([0.5, 0.5])) == pytest.approx(0.75)
    assert together(()) == 0.0
