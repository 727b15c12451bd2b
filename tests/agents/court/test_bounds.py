"""What the words of models weigh by themselves: a supervisor can only go below it."""

from typing import Any

import pytest
from court_support import SETTINGS, advocate, analyst, case, evidence, officer, supervisor
from hypothesis import given
from hypothesis import strategies as st

from agents.court.bounds import Force, bounds_of, force_of, left
from agents.court.opinion import HorizonView, RebuttalOpinion
from agents.court.record import CaseRecord, ModelWeights
from agents.court.ruling import Ruling, RulingOutcome, rule
from agents.llm.attempt import Role
from config.silence import Abstained
from market.timeframe import Timeframe
from risk.proposal import Direction
from risk.record import NO_RECORD

PERCENT = st.sampled_from([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
SCALES = st.sampled_from([0, 25, 50, 75, 100])
WEIGHTS = st.floats(0, 1)
COURT = SETTINGS.court.model_copy(update={"composition": "composed"})
MODELS: dict[Role, str] = dict.fromkeys(("analyst", "risk_agent", "devils_advocate", "supervisor"), "wire/m-1")
AGAINST = analyst(direction=Direction.SHORT, conviction_pct=100)
SILENT = Abstained(why="no answer")


def force(analyst_weight: float = 0.75, advocate_weight: float = 0.75, **horizons: float) -> Force:
    return Force(analyst_weight, advocate_weight, 0.7, {Timeframe(name[1:]): w for name, w in horizons.items()})


def answer(concedes: Any = "no", conviction: Any = 60) -> RebuttalOpinion:
    return RebuttalOpinion(
        reasoning="not so", evidence=(evidence(),), concedes=concedes, conviction_pct=conviction
    )  # fmt: skip


def view(horizon: Timeframe, direction: Direction, conviction: Any) -> HorizonView:
    return HorizonView(horizon=horizon, direction=direction, expected_move_bps=0, conviction_pct=conviction)


def ruled(said: Any, against: Any, granted: Any = 100, held: Force | None = None, replied: Any = None) -> Ruling:
    return rule(Direction.LONG, said, officer(), against, supervisor(granted), held or force(), replied)


def test_a_court_in_which_both_sides_speak_against_it_buys_nothing_whatever_the_supervisor_says() -> None:
    assert rule(Direction.LONG, AGAINST, officer(), advocate(100), supervisor(100)).scale == 1.0, "without force"
    ruling = ruled(AGAINST, advocate(100))
    assert (ruling.outcome, ruling.scale) == (RulingOutcome.REJECTED, 0.0)
    assert "both count" in ruling.why


@pytest.mark.parametrize("direction", [Direction.NONE, Direction.SHORT])
def test_an_analyst_who_expects_no_rise_leaves_a_quarter(direction: Direction) -> None:
    ruling = ruled(analyst(direction=direction, conviction_pct=10), advocate(10))
    assert (ruling.outcome, ruling.scale) == (RulingOutcome.SHRUNK, 0.25)
    assert ruling.why.startswith("At most 25%: the analyst believes")


@pytest.mark.parametrize(("strength", "scale"), [(60, 0.25), (70, 0.25), (100, 0.25), (40, 0.5), (10, 1.0), (0, 1.0)])
def test_an_advocate_above_the_threshold_leaves_a_quarter(strength: int, scale: float) -> None:
    ruling = ruled(analyst(), advocate(strength))
    assert ruling.scale == scale
    assert [bound.by for bound in ruling.bounds] == ["analyst", "devils_advocate"]


def test_a_record_that_shows_a_role_worth_nothing_lifts_its_bound_and_one_that_shows_worth_tightens_it() -> None:
    assert ruled(AGAINST, advocate(100), held=force(0.0, 0.0)).scale == 1.0
    assert ruled(AGAINST, advocate(0), held=force(0.0, 0.75)).scale == 1.0
    assert ruled(AGAINST, advocate(0), held=force(1.0, 0.75)).scale == 0.0
    assert ruled(analyst(), advocate(100), held=force(0.75, 1.0)).scale == 0.0


@given(PERCENT, st.sampled_from(Direction), PERCENT, SCALES, WEIGHTS, WEIGHTS, st.sampled_from(["yes", "partly", "no"]))
def test_nothing_that_is_said_leaves_more_than_supervisor_and_risk_agent_grant(
    conviction: Any, expects: Direction, strength: Any, granted: Any, one: float, two: float, concedes: Any
) -> None:
    said, against = analyst(direction=expects, conviction_pct=conviction), advocate(strength)
    held = force(one, two)
    alone = ruled(said, against, granted, held)
    assert alone.scale <= granted / 100
    assert alone.scale <= min((bound.most_pct for bound in alone.bounds), default=100) / 100
    assert (alone.scale == 0) is (alone.outcome is RulingOutcome.REJECTED)
    for conceded in (answer(concedes, conviction), SILENT):
        assert ruled(said, against, granted, held, conceded).scale <= alone.scale, "an answer raises nothing"


@given(PERCENT, PERCENT, WEIGHTS, WEIGHTS)
def test_a_heavier_word_never_leaves_more(conviction: Any, strength: Any, one: float, two: float) -> None:
    light, heavy = sorted((one, two))
    said, against = analyst(conviction_pct=conviction), advocate(strength)
    assert ruled(said, against, held=force(heavy, heavy)).scale <= ruled(said, against, held=force(light, light)).scale


def test_an_answer_that_concedes_the_attack_counts_it_wholly_and_one_that_does_not_come_changes_nothing() -> None:
    said, against = analyst(conviction_pct=60), advocate(40)
    assert ruled(said, against).scale == 0.5
    assert ruled(said, against, replied=SILENT) == ruled(said, against)
    assert ruled(said, against, replied=answer("no", 60)).scale == 0.5
    assert ruled(said, against, replied=answer("partly", 0)).scale == 0.25
    assert ruled(said, against, replied=answer("yes", 60)).scale == 0.25
    assert ruled(said, against, replied=answer("yes", 0)).scale == 0.0


def test_the_horizons_together_count_where_they_say_less_than_the_analyst() -> None:
    views = (view(Timeframe.H1, Direction.LONG, 80), view(Timeframe.D1, Direction.SHORT, 80))
    said = analyst(conviction_pct=80, horizons=views)
    assert said.alignment() == pytest.approx(0.0)
    assert ruled(said, advocate(0)).scale == 0.25
    heavier = force(h1h=0.9, h1d=0.1)
    assert said.alignment(heavier.horizons) == pytest.approx(0.64)
    assert ruled(said, advocate(0), held=heavier).scale == 1.0
    worthless = dict.fromkeys((Timeframe.H1, Timeframe.D1), 0.0)
    assert said.alignment(worthless) is None
    assert analyst(horizons=(Abstained(why="young"),)).alignment() is None


@given(st.lists(st.tuples(st.sampled_from(list(Timeframe)), st.sampled_from(Direction), PERCENT), max_size=4), WEIGHTS)
def test_an_alignment_lies_within_the_views_that_make_it(views: list[Any], weight: float) -> None:
    said = analyst(horizons=tuple(view(*each) for each in views))
    found = said.alignment({Timeframe.H1: weight})
    if found is None:
        assert not views or all(each[0] is Timeframe.H1 for each in views)
        return
    each_says = [2 * judged.belief - 1 for judged in said.horizons if isinstance(judged, HorizonView)]
    assert min(each_says) - 1e-9 <= found <= max(each_says) + 1e-9


@given(st.floats(0, 1))
def test_what_is_left_is_a_step_and_of_two_the_smaller(taken: float) -> None:
    assert left(taken) in (0, 25, 50, 75, 100)
    assert abs(left(taken) - 100 * (1 - taken)) <= 12.5 + 1e-9
    assert (left(0.125), left(0.375)) == (75, 50)


def test_weights_begin_with_the_trust_of_the_profile_and_follow_the_record_of_models() -> None:
    told = force_of(COURT, case(), MODELS)
    assert told is not None
    assert (told.analyst, told.advocate, told.horizons) == (0.75, 0.75, {})
    weights = ModelWeights(analyst=0.2, advocate=0.9, horizons={Timeframe.H1: 0.1})
    known = CaseRecord(voters=NO_RECORD, analyst_weight=0.5, advocate_weight=0.5, models=weights)
    told = force_of(COURT, case(record=known), MODELS)
    assert told is not None
    assert (told.analyst, told.advocate, told.horizons) == (0.2, 0.9, {Timeframe.H1: 0.1})


def test_an_argument_that_the_rules_supervisor_has_weighed_is_not_bounded_again() -> None:
    rules = dict.fromkeys(MODELS, "rules")
    told = force_of(COURT, case(), rules)
    assert told is not None
    assert (told.analyst, told.advocate) == (None, None)
    assert bounds_of(told, AGAINST, advocate(100), None) == ()
    one = force_of(COURT, case(), rules | {"analyst": "wire/m-1"})
    assert one is not None
    assert (one.analyst, one.advocate) == (0.75, None), "a model's word counts, whoever supervises"
    other = force_of(COURT, case(), rules | {"supervisor": "wire/m-1"})
    assert other is not None
    assert (other.analyst, other.advocate) == (0.75, 0.75), "a model that supervises weighs nobody"


def test_an_empty_seat_and_the_older_composition_weigh_nothing() -> None:
    told = force_of(COURT.model_copy(update={"seats": ("supervisor",)}), case(), MODELS)
    assert told is not None
    assert (told.analyst, told.advocate) == (None, None)
    assert force_of(COURT.model_copy(update={"composition": "supervisor"}), case(), MODELS) is None
