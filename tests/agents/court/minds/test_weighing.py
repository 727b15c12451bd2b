"""The rules supervisor weighs arguments by their record: without one they halve a case at most."""

import asyncio
from typing import Any

from court_support import SETTINGS, advocate, analyst, book, case, downtrend, officer
from hypothesis import given
from hypothesis import strategies as st

from agents.court.minds.rules import RulesMind
from agents.court.minds.weighing import weigh_by_record
from agents.court.record import CaseRecord
from agents.court.ruling import rule
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Direction
from risk.record import NO_RECORD

PERCENT = st.sampled_from([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
SCALES = st.sampled_from([0, 25, 50, 75, 100])
MIND = RulesMind(SETTINGS.court.model_copy(update={"without_record": "shrink"}), SETTINGS.limits)


def record(analyst_weight: float = 0.5, advocate_weight: float = 0.5) -> CaseRecord:
    return CaseRecord(voters=NO_RECORD, analyst_weight=analyst_weight, advocate_weight=advocate_weight)


def ruled(**changes: Any) -> Any:
    """The whole rules court on a case."""

    async def heard() -> Any:
        what = case(**changes)
        words = await MIND.analyst(what), await MIND.risk_agent(what)
        against = await MIND.devils_advocate(what, *words)
        return rule(what.proposal.direction, *words, against, await MIND.supervisor(what, *words, against))

    return asyncio.run(heard())


@given(PERCENT, st.sampled_from(Direction), PERCENT)
def test_without_a_record_arguments_leave_at_least_half(conviction: Any, expects: Direction, strength: Any) -> None:
    said = analyst(conviction_pct=conviction, direction=expects)
    scale, _ = weigh_by_record(record(), said, officer(), advocate(strength))
    assert scale >= 50


def test_a_case_against_which_all_speaks_is_halved_and_not_rejected() -> None:
    falling = {t: downtrend(t) for t in (Timeframe.H1, Timeframe.H4, Timeframe.D1)}
    found = ruled(record=record(), signals=falling)
    assert (found.outcome, found.scale) == ("shrunk", 0.5)


def test_arguments_that_were_worth_nothing_take_nothing_and_proven_ones_reject() -> None:
    against = analyst(direction=Direction.SHORT, conviction_pct=100)
    assert weigh_by_record(record(0.0, 0.0), against, officer(), advocate(90))[0] == 100
    assert weigh_by_record(record(1.0, 0.0), against, officer(), advocate(0))[0] == 0
    assert weigh_by_record(record(0.0, 1.0), analyst(), officer(), advocate(100))[0] == 0


@given(st.floats(0, 1), st.floats(0, 1), PERCENT, PERCENT, SCALES)
def test_a_heavier_argument_never_leaves_more(
    light: float, heavy: float, conviction: Any, strength: Any, allowed: Any
) -> None:
    light, heavy = sorted((light, heavy))
    said = analyst(conviction_pct=conviction)
    less, more = (
        weigh_by_record(record(weight, weight), said, officer(allowed), advocate(strength))[0]
        for weight in (heavy, light)
    )
    assert less <= more <= allowed


def test_the_risk_officers_zero_rejects_whatever_the_record_says() -> None:
    found = ruled(record=record(0.0, 0.0), book=book(breaker="daily_loss"))
    assert found.outcome == "rejected"


def test_a_case_that_nothing_speaks_against_is_tried_and_approved() -> None:
    what = case(record=record())
    said = asyncio.run(MIND.analyst(what))
    assert not isinstance(said, Abstained)
    quiet = asyncio.run(MIND.devils_advocate(what, said, officer()))
    assert not isinstance(quiet, Abstained)
    assert quiet.evidence


def test_the_reason_names_what_each_said_with_its_weight() -> None:
    _, why = weigh_by_record(record(0.25, 0.75), analyst(), officer(75), advocate(40))
    assert "analyst 60% long with weight 0.25" in why
    assert "advocate 40% against with weight 0.75" in why
    assert "risk officer allows 75%" in why
