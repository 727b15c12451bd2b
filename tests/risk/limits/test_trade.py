"""What can never happen, as sentences."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import numpy as np
import pytest
from gate_support import ANY_PRICE, AT, LIMITS, cap, facts, held, portfolio, proposal, returns
from hypothesis import given
from hypothesis import strategies as st

from config.sections.limits import VarMethod
from risk import facts as words
from risk.breakers import BreakerState, Latch
from risk.calibration import CalibrationMap, SizingMaps
from risk.limits import clusters
from risk.limits import trade as rules
from risk.measures.horizon import one_day_var
from risk.proposal import Argument, Direction
from risk.verdict import Reaction


def two(other: str, notional: str, matrix: np.ndarray) -> words.Facts:
    return facts(portfolio=portfolio(positions=(held(other, notional),)), symbols=("BTC/USDT", other), returns=matrix)


def test_a_position_takes_at_most_its_share_of_equity() -> None:
    assert cap(rules.position_size(facts(limits=ANY_PRICE))) == pytest.approx(500.0)


def test_the_loss_at_the_stop_is_at_most_two_percent_of_equity() -> None:
    report = rules.risk_per_trade(facts(stop=0.08))
    assert cap(report) * 0.08 == pytest.approx(0.02 * 10_000)


def test_what_is_deployed_leaves_that_much_less() -> None:
    some = facts(portfolio=portfolio(positions=(held("ETH/USDT", "1700"),)), limits=ANY_PRICE)
    assert cap(rules.deployed(some)) == pytest.approx(300.0)


def test_an_entry_under_way_counts_as_deployed() -> None:
    some = facts(portfolio=portfolio(pending_notional={"ETH/USDT": Decimal(1900)}), limits=ANY_PRICE)
    assert cap(rules.deployed(some)) == pytest.approx(100.0)


def test_more_than_the_limit_deployed_leaves_nothing_and_not_less_than_nothing() -> None:
    some = facts(portfolio=portfolio(positions=(held("ETH/USDT", "2500"),)))
    assert cap(rules.deployed(some)) == 0.0


def test_kelly_falls_with_conviction_and_is_nothing_without_any() -> None:
    caps = [cap(rules.kelly(facts(proposal=proposal(conviction=c)))) for c in (0.0, 0.3, 0.6, 1.0)]
    assert caps[0] == 0.0
    assert caps == sorted(caps)
    assert caps[3] > caps[2] > caps[1]


def test_a_calibration_can_only_lower_what_kelly_gives() -> None:
    plain = cap(rules.kelly(facts()))
    poor = CalibrationMap(points=((0.0, 0.2), (1.0, 0.36)), n=200, k=50.0)
    rich = CalibrationMap(points=((0.0, 0.9), (1.0, 0.9)), n=200, k=50.0)
    unknown = CalibrationMap(points=(), n=0, k=50.0)
    assert cap(rules.kelly(facts(calibration=SizingMaps(voters=poor)))) < plain
    assert cap(rules.kelly(facts(calibration=SizingMaps(voters=rich)))) == plain
    assert cap(rules.kelly(facts(calibration=SizingMaps(voters=unknown)))) == plain


fraction = st.floats(0, 1)
some_map = st.lists(st.tuples(fraction, fraction), max_size=6).map(
    lambda points: CalibrationMap(
        points=tuple(zip(sorted({x for x, _ in points}), sorted(p for _, p in points), strict=False)),
        n=len(points),
        k=50.0,
    )
)


@given(conviction=fraction, belief=fraction, voters=some_map, analyst=some_map, stop=st.floats(0.001, 0.5))
def test_what_an_analyst_has_been_worth_never_makes_a_size_larger(
    conviction: float, belief: float, voters: CalibrationMap, analyst: CalibrationMap, stop: float
) -> None:
    def room(calibration: SizingMaps | None, argument: Argument | None) -> float:
        given_one = proposal(conviction=conviction, argument=argument)
        return cap(rules.kelly(facts(proposal=given_one, stop=stop, calibration=calibration)))

    argued = Argument(speaker="anthropic/claude/analyst", belief=belief)
    known = SizingMaps(voters=voters, analysts={argued.speaker: analyst})
    swapped = SizingMaps(voters=analyst)
    silent, both = room(known, None), room(known, argued)
    assert both <= silent <= room(None, None) == room(None, argued)
    assert room(SizingMaps(voters=voters), argued) == silent
    if conviction == belief:
        assert both == min(silent, room(swapped, None))


def test_the_report_of_kelly_says_whose_map_was_used() -> None:
    def note(analysts: dict[str, CalibrationMap], argument: Argument | None) -> str:
        voters = CalibrationMap(points=((0.5, 0.36),), n=9, k=50.0)
        given_one = proposal(conviction=0.8, argument=argument)
        return rules.kelly(facts(proposal=given_one, calibration=SizingMaps(voters=voters, analysts=analysts))).note

    argued = Argument(speaker="a/m/analyst", belief=0.75)
    known = {argued.speaker: CalibrationMap(points=((0.5, 0.3),), n=9, k=50.0)}
    assert note(known, None) == "the voters' 0.80 has been worth 36.0%"
    assert note({}, argued) == "the voters' 0.80 has been worth 36.0%; no map of a/m/analyst"
    assert note(known, argued) == (
        "the voters' 0.80 has been worth 36.0%, the 0.75 of a/m/analyst 30.0%: the lower counts"
    )
    assert rules.kelly(facts(proposal=proposal(argument=argued))).note == ""


@pytest.mark.parametrize("belief", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_belief_out_of_range_is_not_sized(belief: float) -> None:
    never_validated = Argument.model_construct(speaker="a/m/analyst", belief=belief)
    wrong = proposal().model_copy(update={"argument": never_validated})
    assert rules.well_formed(facts(proposal=wrong)).reaction is Reaction.REFUSE


def test_spot_is_paid_for_with_its_fee() -> None:
    some = facts(portfolio=portfolio(cash=Decimal(100)))
    room = cap(rules.cash(some))
    assert room * 1.001 < 100
    assert room > 95


def test_var_cuts_what_a_calm_market_would_allow() -> None:
    calm = rules.value_at_risk(facts())
    wild = rules.value_at_risk(facts(returns=returns(sigma=0.04)))
    assert calm.notional_cap is None
    assert 0 < cap(wild) < 500.0


@pytest.mark.parametrize("method", get_args(VarMethod))
def test_what_var_leaves_is_within_the_limit_when_measured_again(method: VarMethod) -> None:
    wild = facts(returns=returns(sigma=0.04), limits=LIMITS.model_copy(update={"var_method": method}))
    room = cap(rules.value_at_risk(wild)) / 10_000
    measured = one_day_var(wild.horizon.steps(wild.returns) @ words.weights(wild, room), wild.limits, wild.horizon)
    assert 0.99 * LIMITS.max_var_1d < measured <= LIMITS.max_var_1d


def test_after_a_storm_the_filtered_estimate_leaves_less_room_than_the_historical_one() -> None:
    calm, storm = returns(sigma=0.004, rows=470), returns(sigma=0.05, rows=30)
    rooms = {
        method: cap(
            rules.value_at_risk(
                facts(
                    returns=np.concatenate([calm, storm]),
                    limits=LIMITS.model_copy(update={"var_method": method, "max_position_fraction": 1.0}),
                )
            )
        )
        for method in ("historical", "fhs_ewma")
    }
    assert 0 < rooms["fhs_ewma"] < rooms["historical"]


def test_the_room_under_a_tail_is_that_of_the_proposed_market_and_not_of_one_that_nobody_holds() -> None:
    calm, wild = returns(sigma=0.03), returns(sigma=0.9)
    both = facts(symbols=("BTC/USDT", "ETH/USDT"), returns=np.hstack([calm, wild]))
    for rule in (rules.value_at_risk, rules.expected_shortfall):
        assert rule(both).canonical() == rule(facts(returns=calm)).canonical()


def test_a_book_that_already_breaks_the_es_limit_gets_nothing_more() -> None:
    matrix = returns(columns=2, sigma=0.05)
    report = rules.expected_shortfall(two("ETH/USDT", "2000", matrix))
    assert cap(report) == 0.0
    assert report.number is not None
    assert report.number > LIMITS.max_es_1d


def test_nothing_is_bought_that_moves_with_what_is_held() -> None:
    base = returns()
    twin = np.column_stack([base[:, 0], base[:, 0] + np.random.default_rng(4).normal(0, 0.001, 500)])
    stranger = returns(columns=2)
    assert clusters.correlation(two("ETH/USDT", "300", twin)).reaction is Reaction.REFUSE
    assert clusters.correlation(two("ETH/USDT", "300", stranger)).reaction is Reaction.PASS


def test_a_series_that_never_moves_counts_as_correlated() -> None:
    flat = np.column_stack([returns()[:, 0], np.zeros(500)])
    assert clusters.correlation(two("ETH/USDT", "300", flat)).reaction is Reaction.REFUSE


def test_what_is_not_held_does_not_count_for_correlation() -> None:
    base = returns()
    twin = np.column_stack([base[:, 0], base[:, 0]])
    assert clusters.correlation(facts(symbols=("BTC/USDT", "ETH/USDT"), returns=twin)).reaction is Reaction.PASS


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (rules.data_quality, {"frozen": "no bar since 12:00"}),
        (rules.direction, {"proposal": proposal(direction=Direction.SHORT)}),
        (rules.direction, {"proposal": proposal(direction=Direction.NONE)}),
        (rules.one_position, {"portfolio": portfolio(positions=(held("BTC/USDT", "100"),))}),
        (rules.one_position, {"portfolio": portfolio(pending_notional={"BTC/USDT": Decimal(100)})}),
        (rules.conviction, {"proposal": proposal(conviction=0.29)}),
        (rules.ruling, {"proposal": proposal(ruling_scale=0.0)}),
        (rules.ruling, {"proposal": proposal(adjust_scale=0.0)}),
        (rules.risk_history, {"returns": returns(rows=197)}),
        (rules.tick_size, {"proposal": proposal(reference_price=Decimal("5"))}),
        (rules.risk_history, {"returns": np.full((500, 1), np.nan)}),
    ],
)
def test_each_check_refuses_what_it_is_there_for(rule: words.Rule, changes: dict[str, Any]) -> None:
    assert rule(facts()).reaction is Reaction.PASS
    assert rule(facts(**changes)).reaction is Reaction.REFUSE


@pytest.mark.parametrize(
    ("breaker", "reaction"),
    [
        ("drawdown", Reaction.HALT),
        ("daily_loss", Reaction.CLOSE_ONLY),
        ("weekly_loss", Reaction.CLOSE_ONLY),
        ("turbulence", Reaction.REFUSE),
    ],
)
def test_an_open_breaker_stops_new_risk(breaker: Any, reaction: Reaction) -> None:
    latch = Latch(breaker=breaker, since_utc=AT, until_utc=AT + timedelta(hours=1), why="it fell")
    state = BreakerState.fresh(Decimal(10_000), AT).model_copy(update={"latches": (latch,)})
    assert rules.breaker_latch(facts()).reaction is Reaction.PASS
    assert rules.breaker_latch(facts(breakers=state)).reaction is reaction
