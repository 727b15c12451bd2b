"""A proposal to sell short is argued and ruled as such, and a case of spot reads and rules as it always has."""

from typing import Any

import pytest
from court_support import advocate, analyst, case, officer, signals, supervisor
from hypothesis import given
from hypothesis import strategies as st

from agents.court.bounds import Force
from agents.court.case import Case
from agents.court.graph import proposal_of
from agents.court.grounding import is_grounded
from agents.court.held.ruling import rule_held
from agents.court.minds.advocacy import counter_evidence
from agents.court.prompts.render import render
from agents.court.ruling import Ruling, RulingOutcome, rule
from agents.llm.attempt import ROLES
from market.context.view import MarketContext
from market.timeframe import Timeframe
from risk.proposal import Direction
from rl.adjustment import Adjustment

LONG, SHORT, NONE = Direction.LONG, Direction.SHORT, Direction.NONE
PERCENT = st.sampled_from([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
MIRRORED = {LONG: SHORT, SHORT: LONG, NONE: NONE}
FORCE = Force(0.75, 0.75, 0.7, {})
QUIET = {
    "rsi_14": 50.0, "bb_upper": 51_000.0, "bb_lower": 49_000.0, "sma_50": 50_000.0, "atr_14_quote": 250.0, "adx_14": 30.0,
    "volume_ratio_20": 1.0, "sma_200": 52_000.0, "realized_volatility": 0.4, "ema_12": 49_000.0, "ema_26": 50_000.0,
}  # fmt: skip


def sold(higher: dict[str, Any] | None = None, **changes: Any) -> Case:
    """A short sale with nothing against it, but for these changes."""
    frames = {Timeframe.H1: signals(**(QUIET | changes))}
    for timeframe in (Timeframe.H4, Timeframe.D1, Timeframe.W1):
        frames[timeframe] = signals(timeframe, **(QUIET | (higher or {})))
    made = case(signals=frames)
    return made.model_copy(
        update={"proposal": made.proposal.model_copy(update={"direction": SHORT, "opens_short": True, "against": 0.0})}
    )


def ruled(said: Any, against: Any, *, short: bool) -> Ruling:
    return rule(SHORT if short else LONG, said, officer(), against, supervisor(100), FORCE, short=short)


@given(direction=st.sampled_from((LONG, SHORT, NONE)), conviction=PERCENT, strength=PERCENT)
def test_a_short_sale_is_ruled_as_the_purchase_in_its_mirror(
    direction: Direction, conviction: Any, strength: Any
) -> None:
    here = ruled(analyst(direction=direction, conviction_pct=conviction, horizons=()), advocate(strength), short=False)
    there = ruled(
        analyst(direction=MIRRORED[direction], conviction_pct=conviction, horizons=()), advocate(strength), short=True
    )
    assert (here.outcome, here.scale) == (there.outcome, there.scale)
    assert [bound.says for bound in here.bounds] == [bound.says for bound in there.bounds]


def test_an_analyst_who_expects_a_rise_speaks_against_a_short_sale() -> None:
    ruling = ruled(analyst(direction=LONG, conviction_pct=100), advocate(10), short=True)
    assert ruling.scale == 0.25
    assert "in a fall" in ruling.why
    assert ruled(analyst(direction=SHORT, conviction_pct=80, horizons=()), advocate(10), short=True).scale > 0.5


def test_a_vote_for_short_on_spot_still_opens_nothing() -> None:
    ruling = rule(SHORT, analyst(), officer(), advocate(), supervisor(100))
    assert ruling.outcome is RulingOutcome.REJECTED
    assert "nothing was proposed" in ruling.why


def test_a_held_short_is_reviewed_by_the_belief_in_its_fall() -> None:
    words = {"risk": officer(), "advocate": advocate(10), "supervisor": supervisor(100), "force": FORCE}
    falls, rises = (analyst(direction=direction, conviction_pct=100, horizons=()) for direction in (SHORT, LONG))
    assert rule_held(falls, **words, short=True).scale > rule_held(rises, **words, short=True).scale


TRAPS = {
    "oversold": ({"rsi_14": 30.0}, "signals.1h.rsi_14", 0.25),
    "below the band": ({"close": 48_900.0, "low": 48_800.0, "sma_50": 49_000.0}, "signals.1h.bb_lower", 0.15),
    "fallen far": ({"sma_50": 51_900.0}, "signals.1h.sma_50", 0.2),
    "above the mean": ({"sma_200": 48_000.0}, "signals.1h.sma_200", 0.15),
}


@pytest.mark.parametrize(("changes", "field", "weight"), TRAPS.values(), ids=TRAPS.keys())
def test_each_trap_of_a_short_is_one_point_with_its_weight(
    changes: dict[str, float], field: str, weight: float
) -> None:
    found = counter_evidence(sold(**changes))
    assert [(each.evidence.field, each.weight) for each in found] == [(field, weight)]
    assert is_grounded(sold(**changes), found[0].evidence)


def test_a_trend_that_rises_speaks_against_a_short_and_one_that_falls_does_not() -> None:
    rising = counter_evidence(sold(higher={"ema_12": 51_000.0}))
    assert rising[0].evidence.claim == "the 1d trend points up"
    assert len(rising) == 3
    (alone,) = counter_evidence(sold())
    assert "gap up" in alone.evidence.claim


def test_funding_that_a_short_pays_and_a_crowd_of_shorts_are_traps() -> None:
    def at(rate: float) -> Case:
        read = MarketContext(
            symbol="BTC/USDT", as_of_utc=sold().as_of_utc, missing={},
            values={"funding_rate": rate, "funding_rate_mean_7d": 0.0001},
        )  # fmt: skip
        return sold().model_copy(update={"context": read})

    paid = {each.evidence.field: each for each in counter_evidence(at(-0.0005))}
    assert paid["context.funding_rate"].weight == pytest.approx(0.15)
    assert "squeeze" in paid["context.funding_rate_mean_7d"].evidence.claim
    assert all(is_grounded(at(-0.0005), each.evidence) for each in paid.values())
    assert "context.funding_rate" not in {each.evidence.field for each in counter_evidence(at(0.0005))}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_told_that_it_is_a_short_sale_and_of_a_purchase_nothing_is_said_of_one(role: Any) -> None:
    assert "sell short on a perpetual" in render(sold(), role)
    assert "sell short" not in render(case(), role)


def test_the_gate_is_asked_for_a_short_sale_only_where_one_is_opened() -> None:
    ruling = Ruling(outcome=RulingOutcome.APPROVED, scale=1.0, why="w")
    left = Adjustment(adjuster="off", scale=1.0)
    opened = sold()
    closed = opened.model_copy(
        update={"proposal": opened.proposal.model_copy(update={"opens_short": False, "closes_short": True})}
    )
    assert proposal_of(opened.motion, ruling, left, None, ()).direction is SHORT
    only_closed = proposal_of(closed.motion, ruling, left, None, ())
    assert (only_closed.direction, only_closed.conviction) == (NONE, 0.0)
