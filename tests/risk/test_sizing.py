"""Sizing by hand: the stop, what a conviction is granted, Kelly's share, and the notional whose loss is bearable."""

from typing import Any

import pytest
from gate_support import LIMITS, SETTINGS

from risk.sizing import (
    Entry,
    assumed_target,
    at_dearest,
    kelly_notional_fraction,
    kelly_room,
    own_stop,
    record_room,
    risk_per_trade_fraction,
    share_left,
    stop_fraction,
    win_probability,
)


def limits(**changes: Any) -> Any:
    return LIMITS.model_copy(update=changes)


EXITS = SETTINGS.exits.model_copy(update={"take_profit_fraction": 0.75})


@pytest.mark.parametrize(
    ("atr", "stop"), [(None, 0.0625), (0.0, 0.0625), (5.0, 0.1), (6.25, 0.125), (12.5, 0.25), (100.0, 0.25)]
)
def test_the_stop_is_the_wider_of_the_fixed_one_and_the_atr_one_but_never_beyond_its_limit(
    atr: float | None, stop: float
) -> None:
    chosen = limits(stop_fraction=0.0625, stop_atr_multiple=2.0, max_stop_fraction=0.25)
    assert stop_fraction(100.0, atr, chosen) == stop


@pytest.mark.parametrize(
    ("conviction", "payoff", "granted"), [(0.0, 3.0, 0.25), (0.5, 3.0, 0.375), (1.0, 1.0, 0.75), (1.0, 0.25, 1.0)]
)
def test_no_conviction_gets_the_fair_game_and_full_conviction_the_edge_above_it(
    conviction: float, payoff: float, granted: float
) -> None:
    assert win_probability(conviction, payoff, limits(kelly_edge=0.25)) == granted


def test_kelly_takes_its_share_of_the_edge_as_far_as_the_conviction_goes() -> None:
    """Payoff 0.75 / 0.25 = 3; p = 1/4 + 1/4 * 1/2 = 3/8; f* = 3/8 - 5/8 / 3 = 1/6; half of it, by half a conviction, 1/24."""
    chosen = limits(kelly_edge=0.25, kelly_fraction=0.5)
    assert kelly_notional_fraction(0.5, 0.25, EXITS, chosen) == pytest.approx(1 / 24, rel=1e-12)


@pytest.mark.parametrize(
    ("payoff", "shared", "target"), [("even", True, 0.25), ("even", False, 0.75), ("target", True, 0.75)]
)
def test_a_share_without_a_record_is_assumed_to_win_what_it_may_lose_only_if_the_profile_says_even(
    payoff: str, shared: bool, target: float
) -> None:
    assert assumed_target(0.25, EXITS, limits(kelly_payoff=payoff), shared=shared) == target


def test_what_statements_have_been_worth_bounds_the_probability_and_never_goes_below_nothing() -> None:
    chosen = limits(kelly_edge=0.25, kelly_fraction=0.5)
    third = kelly_notional_fraction(0.5, 0.25, EXITS, chosen, 1 / 3)
    assert third == pytest.approx(0.25 * (1 / 3 - 2 / 9), rel=1e-12)
    assert kelly_notional_fraction(0.5, 0.25, EXITS, chosen, 0.1) == 0.0


def test_certainty_is_the_most_that_is_granted_without_a_calibration() -> None:
    near = SETTINGS.exits.model_copy(update={"take_profit_fraction": 0.03125})
    sure = kelly_notional_fraction(1.0, 0.25, near, limits(kelly_edge=0.5, kelly_fraction=1.0))
    assert sure == 1.0


def test_the_loss_at_the_stop_is_the_risk_per_trade() -> None:
    assert risk_per_trade_fraction(0.25, limits(risk_per_trade=0.0625)) == 0.25


@pytest.mark.parametrize(
    ("exit_price", "stop"), [(None, 0.25), (112.0, 0.125), (127.0, 0.0625), (120.0, 0.0625), (96.0, 0.25), (1.0, 0.25)]
)
def test_an_own_exit_is_the_stop_between_the_fixed_one_and_the_hard_one_and_without_it_the_hard_one_counts(
    exit_price: float | None, stop: float
) -> None:
    assert own_stop(128.0, exit_price, limits(stop_fraction=0.0625, max_stop_fraction=0.25)) == stop


@pytest.mark.parametrize(
    ("unproven", "proof", "left"),
    [
        (None, 0.0, 0.25),
        (None, 1.0, 0.25),
        (0.125, 0.0, 0.125),
        (0.125, 0.5, 0.1875),
        (0.125, 1.0, 0.25),
        (0.5, 1.0, 0.5),
    ],
)
def test_a_record_leaves_from_its_least_up_to_the_position_limit_as_far_as_it_proves_an_edge(
    unproven: float | None, proof: float, left: float
) -> None:
    assert record_room(limits(max_position_fraction=0.25, unproven_fraction=unproven), proof) == left


@pytest.mark.parametrize(("multiplier", "left"), [(0.0, 0.0), (0.5, 0.375), (1.0, 0.75), (1.25, 0.75)])
def test_a_multiplier_lessens_a_share_and_never_adds_to_it(multiplier: float, left: float) -> None:
    assert share_left(0.75, multiplier) == left


def test_what_is_bought_at_the_dearest_price_with_its_fee_costs_a_hair_less_than_the_room() -> None:
    dear, any_price = (
        Entry(1.0, 0.02, 0.0, limits(entry_price_cap_bps=bps), EXITS, fee=0.001) for bps in (100.0, None)
    )
    costs = at_dearest(0.5, dear) * 1.01 * 1.001
    assert costs == pytest.approx(0.5, rel=1e-11)
    assert costs < 0.5 * (1 - 5e-13)
    assert at_dearest(0.5, any_price) == 0.5


def test_kellys_stake_is_the_notional_or_the_loss_at_the_stop_as_the_profile_says() -> None:
    """Without a record the assumed voter alone counts: p = 3/8, f* = 1/6 of wealth at risk; half of it, over the stop, is 1/3."""
    shared = {"kelly_edge": 0.25, "kelly_fraction": 0.5}
    notional, risk = (
        Entry(0.5, 0.25, 0.0, limits(kelly_stake=stake, **shared), EXITS) for stake in ("notional", "risk")
    )
    assert kelly_room(notional) == pytest.approx(1 / 24, rel=1e-12)
    assert kelly_room(risk) == pytest.approx(1 / 3, rel=1e-12)


@pytest.mark.parametrize("payoff", ["even", "target"])
@pytest.mark.parametrize("shared", [False, True])
def test_what_kelly_stakes_hangs_on_the_target_that_is_assumed(payoff: str, shared: bool) -> None:
    """A position by shares has no target: it is assumed to win what it loses at its stop, if `kelly_payoff` says so."""
    known = limits(kelly_stake="risk", kelly_payoff=payoff, kelly_fraction=1.0)
    even = shared and payoff == "even"
    assert assumed_target(0.1, EXITS, known, shared=shared) == (0.1 if even else 0.75)
    found = kelly_room(Entry(0.9, 0.1, 0.0, known, EXITS, shared=shared))
    p = min(win_probability(0.9, 1.0 if even else 7.5, known), 1.0)
    staked = p - (1 - p) / (1.0 if even else 7.5)
    assert found == pytest.approx(staked / 0.1)
