"""The limits of perpetual contracts: how far away they are liquidated, what funding costs, what leverage their tiers allow."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from gate_support import AT, LIMITS, SETTINGS, cap, facts, proposal, seen
from hypothesis import given, settings
from hypothesis import strategies as st
from perpetual_support import ANY_STRESSED, PERP, STRESSED, TIERS, long_facts, short_facts, sold, wallet

from market.perpetual.margin import MarginTier, PerpetualTerms
from risk.breakers import BreakerState
from risk.facts import Situation
from risk.limits import perpetual
from risk.limits.catalogue import CATALOGUE
from risk.manager import RiskManager
from risk.order import Seal
from risk.portfolio import Position
from risk.proposal import Direction
from risk.verdict import Outcome, Reaction

BOTH = (short_facts, long_facts)
BARE = PERP.model_copy(update={"perpetual": None})


def own_position(quantity: str, entry: str, margin: str | None = None) -> Position:
    return Position(
        symbol="BTC/USDT", quantity=Decimal(quantity), entry_price=Decimal(entry), mark_price=Decimal(50_000),
        margin=None if margin is None else Decimal(margin),
    )  # fmt: skip


def test_a_long_without_leverage_is_never_liquidated_and_a_short_after_a_doubling() -> None:
    long, short = perpetual.liquidation(long_facts()), perpetual.liquidation(short_facts())
    assert (long.reaction, long.number, long.note) == (Reaction.PASS, None, "no price liquidates it")
    assert (long.code, long.limit, long.unit) == ("liquidation", 2.0, "stop distances")
    assert short.reaction is Reaction.PASS
    assert short.number == pytest.approx((2 / 1.004 - 1) / 0.015)
    assert (short.limit, short.unit) == (2.0, "stop distances")
    assert short.note == "liquidated 99.20% away, with its stop 1.50% away"


@pytest.mark.parametrize(
    ("make", "leverage", "away"),
    [
        (long_facts, "3", 1 - (2 / 3) / 0.996),
        (short_facts, "3", (4 / 3) / 1.004 - 1),
        (long_facts, "2", 1 - 0.5 / 0.996),
        (short_facts, "2", 1.5 / 1.004 - 1),
    ],
)
def test_the_distance_is_that_of_the_published_formula(make: Any, leverage: str, away: float) -> None:
    """Isolated margin: a long is liquidated at entry (1 - 1 / L) / (1 - r), a short at entry (1 + 1 / L) / (1 + r)."""
    report = perpetual.liquidation(make(leverage=Decimal(leverage), stop=0.02))
    assert report.number == pytest.approx(away / 0.02)
    assert report.reaction is Reaction.PASS


@pytest.mark.parametrize("make", BOTH)
def test_a_stop_that_is_more_than_half_as_far_away_as_the_liquidation_is_refused(make: Any) -> None:
    near = {long_facts: 1 - (2 / 3) / 0.996, short_facts: (4 / 3) / 1.004 - 1}[make]
    some = make(leverage=Decimal(3))
    assert perpetual.liquidation(replace(some, stop=near / 2.001)).reaction is Reaction.PASS
    assert perpetual.liquidation(replace(some, stop=near / 1.999)).reaction is Reaction.REFUSE
    loosest = replace(some, limits=LIMITS.model_copy(update={"min_liquidation_distance": 1.0}))
    assert perpetual.liquidation(replace(loosest, stop=near * 0.999)).reaction is Reaction.PASS
    assert perpetual.liquidation(replace(loosest, stop=near * 1.0001)).reaction is Reaction.REFUSE
    shared = replace(
        some,
        stop=0.001,
        proposal=some.proposal.model_copy(update={"exposure": 1.0}),
        limits=LIMITS.model_copy(update={"max_stop_fraction": 0.2}),
    )
    assert perpetual.liquidation(shared).reaction is Reaction.REFUSE


def test_a_stop_at_the_liquidation_price_is_not_before_it() -> None:
    """A short of leverage 2 is liquidated at 1.5 / 1.2 of its entry, a quarter away."""
    quarter = PerpetualTerms(tiers=(MarginTier(up_to=None, max_leverage=Decimal(3), maintenance_rate=Decimal("0.2")),))
    some = short_facts(
        leverage=Decimal(2),
        instrument=PERP.model_copy(update={"perpetual": quarter}),
        limits=LIMITS.model_copy(update={"min_liquidation_distance": 1.0}),
    )
    at = perpetual.liquidation(replace(some, stop=0.25))
    assert (at.number, at.reaction) == (1.0, Reaction.REFUSE)
    assert perpetual.liquidation(replace(some, stop=0.2499)).reaction is Reaction.PASS
    twice = replace(some, limits=LIMITS, stop=0.125)
    assert (perpetual.liquidation(twice).number, perpetual.liquidation(twice).reaction) == (2.0, Reaction.PASS)


def test_the_distance_is_that_of_the_exchange_which_counts_the_maintenance_margin_at_entry() -> None:
    """There a short of leverage 3 is liquidated 1 / L - r away."""
    bybit = PERP.model_copy(
        update={"perpetual": PERP.perpetual.model_copy(update={"maintenance_at": "entry"}) if PERP.perpetual else None}
    )
    rate = float(TIERS[0].maintenance_rate)
    report = perpetual.liquidation(short_facts(leverage=Decimal(3), stop=0.02, instrument=bybit))
    assert report.number == pytest.approx((1 / 3 - rate) / 0.02)


def test_the_largest_position_is_measured_which_needs_the_most_margin() -> None:
    """600,000 lie in the third tier: a short of leverage 2 is liquidated where 1.5 n + 10,300 = 1.05 x (1 + d) n."""
    limits, account = LIMITS.model_copy(update={"max_position_fraction": 0.6}), wallet(equity=Decimal(1_000_000))
    rich = short_facts(leverage=Decimal(2), portfolio=account, limits=limits)
    away = (1.5 + 10_300 / 600_000) / 1.05 - 1
    assert perpetual.liquidation(rich).number == pytest.approx(away / 0.015)
    away = (4 / 3 + 10_300 / 250_000) / 1.05 - 1
    assert perpetual.liquidation(replace(rich, leverage=Decimal(3))).number == pytest.approx(away / 0.015)


def test_what_is_held_at_a_loss_counts_with_what_is_added_to_it() -> None:
    asked = sold(exposure=1.0, held_share=0.5)
    owned = own_position("-0.008", "40000", "160")
    some = short_facts(proposal=asked, leverage=Decimal(2), portfolio=wallet(positions=(owned,)))
    alone = (160 + 320) / (0.008 * 1.004)
    report = perpetual.liquidation(some)
    assert report.number == pytest.approx((alone / 50_000 - 1) / 0.08)
    unknown = some.portfolio.model_copy(update={"positions": (own_position("-0.008", "40000"),)})
    assert perpetual.liquidation(replace(some, portfolio=unknown)).number == report.number
    won = own_position("-0.008", "60000", "240")
    together = (240 + 480 + 50 + 100) / (0.010 * 1.004)
    some = replace(some, portfolio=wallet(positions=(won,)))
    assert perpetual.liquidation(some).number == pytest.approx((together / 50_000 - 1) / 0.08)
    ignored = replace(some, proposal=sold())
    assert perpetual.liquidation(ignored).number == pytest.approx((1.5 / 1.004 - 1) / 0.015)


def test_a_position_that_is_larger_than_the_largest_is_measured_as_it_is() -> None:
    asked = proposal(exposure=1.0, held_share=0.5)
    owned = own_position("0.02", "55000", "550")
    report = perpetual.liquidation(
        long_facts(proposal=asked, leverage=Decimal(2), portfolio=wallet(positions=(owned,)))
    )
    assert report.number == pytest.approx((1 - (1_100 - 550) / (0.02 * 0.996) / 50_000) / 0.08)
    won = own_position("0.02", "45000", "450")
    report = perpetual.liquidation(long_facts(proposal=asked, leverage=Decimal(2), portfolio=wallet(positions=(won,))))
    assert report.number == pytest.approx((1 - (900 - 450) / (0.02 * 0.996) / 50_000) / 0.08, rel=1e-9)


def test_the_margin_that_lies_there_counts_and_not_the_one_that_an_entry_would_ask() -> None:
    asked = proposal(exposure=1.0, held_share=0.5)
    thin = own_position("0.02", "50000", "400")
    report = perpetual.liquidation(long_facts(proposal=asked, leverage=Decimal(2), portfolio=wallet(positions=(thin,))))
    assert report.number == pytest.approx((1 - (1_000 - 400) / (0.02 * 0.996) / 50_000) / 0.08)


@pytest.mark.parametrize(
    "changes",
    [
        {"leverage": None}, {"instrument": BARE}, {"leverage": Decimal("0.99")}, {"leverage": Decimal("3.01")},
        {"leverage": Decimal("NaN")}, {"leverage": Decimal("Infinity")},
    ],
)  # fmt: skip
def test_an_unknown_or_wild_leverage_and_unknown_tiers_open_nothing(changes: dict[str, Any]) -> None:
    for make in BOTH:
        refused = perpetual.liquidation(make(**changes))
        assert (refused.reaction, refused.number, refused.limit) == (Reaction.REFUSE, None, 2.0)
        assert (refused.code, refused.unit) == ("liquidation", "stop distances")
        assert refused.note == "margin and tiers are not known"
        capped = perpetual.leverage(make(**changes))
        assert (capped.code, capped.notional_cap) == ("leverage", 0)
        assert capped.note == "a leverage of 1 to 3 and margin tiers are needed"


@pytest.mark.parametrize(
    ("leverage", "most"), [("1", None), ("2", 1_000_000), ("2.5", 1_000_000), ("2.51", 250_000), ("3", 250_000)]
)
def test_a_position_stays_within_the_tiers_that_allow_its_leverage(leverage: str, most: int | None) -> None:
    for make in BOTH:
        some = make(leverage=Decimal(leverage), limits=ANY_STRESSED)
        report = perpetual.leverage(some)
        if most is None:
            assert (report.notional_cap, report.note) == (None, "every tier allows 1")
            continue
        assert cap(report) == pytest.approx(most)
        assert (report.code, report.note) == ("leverage", f"{leverage} up to {most}")
        at_fill = perpetual.leverage(replace(some, limits=STRESSED))
        assert cap(at_fill) == pytest.approx(most / 1.005 / 1.001)


def test_tiers_none_of_which_allows_the_leverage_leave_nothing() -> None:
    terms = PerpetualTerms(tiers=TIERS[3:])
    some = short_facts(leverage=Decimal(2), instrument=PERP.model_copy(update={"perpetual": terms}))
    assert perpetual.leverage(some).notional_cap == 0
    report = perpetual.liquidation(some)
    assert (report.reaction, report.number, report.limit) == (Reaction.REFUSE, None, 2.0)
    assert (report.code, report.unit) == ("liquidation", "stop distances")
    assert report.note == "no tier allows a leverage of 2"


@pytest.mark.parametrize(
    ("make", "rate", "share"),
    [
        (long_facts, 0.0001, 0.06),
        (short_facts, 0.0001, -0.06),
        (long_facts, -0.0004, -0.24),
        (short_facts, -0.0004, 0.24),
    ],
)
def test_longs_pay_a_positive_rate_and_shorts_a_negative_one(make: Any, rate: float, share: float) -> None:
    report = perpetual.funding(make(funding_rate=rate))
    assert report.number == pytest.approx(share)
    assert (report.reaction, report.limit, report.unit) == (Reaction.PASS, 0.25, "of the stop distance")
    paid = 9 * rate * (1 if make is long_facts else -1)
    assert report.note == f"{paid:.3%} in 9 times at {rate:.4%}"


def test_a_rate_that_eats_the_stop_is_refused_on_the_side_that_pays() -> None:
    paying, paid = long_facts(funding_rate=0.001), short_facts(funding_rate=0.001)
    assert perpetual.funding(paying).reaction is Reaction.REFUSE
    assert perpetual.funding(paid).reaction is Reaction.PASS
    briefly = LIMITS.model_copy(update={"funding_hold_h": 24.0})
    assert perpetual.funding(replace(paying, limits=briefly)).reaction is Reaction.PASS
    hourly = PERP.model_copy(update={"perpetual": PerpetualTerms(tiers=TIERS, funding_interval_h=1)})
    assert perpetual.funding(replace(paying, limits=briefly, instrument=hourly)).reaction is Reaction.REFUSE
    at = long_facts(funding_rate=2**-10, stop=9 * 2**-8)
    assert (perpetual.funding(at).number, perpetual.funding(at).reaction) == (0.25, Reaction.PASS)


@pytest.mark.parametrize(
    "changes",
    [{"funding_rate": None}, {"funding_rate": float("nan")}, {"funding_rate": -float("inf")}, {"instrument": BARE}],
)
def test_an_unknown_rate_opens_nothing_unless_no_funding_is_counted(changes: dict[str, Any]) -> None:
    some = short_facts(**changes)
    report = perpetual.funding(some)
    assert (report.reaction, report.number, report.limit) == (Reaction.REFUSE, None, 0.25)
    assert (report.code, report.unit) == ("funding", "of the stop distance")
    assert report.note == "the funding rate of this market is not known"
    uncounted = LIMITS.model_copy(update={"max_funding_share": None})
    assert perpetual.funding(replace(some, limits=uncounted)).note == "no funding is counted"


def test_on_spot_none_of_the_three_says_anything() -> None:
    reports = [rule(facts()) for rule in (perpetual.liquidation, perpetual.funding, perpetual.leverage)]
    assert [report.reaction for report in reports] == [Reaction.PASS] * 3
    assert [report.note for report in reports] == ["spot is not liquidated", "no funding is counted", "spot has none"]
    assert [(report.number, report.limit) for report in reports] == [(None, 2.0), (None, 0.25), (None, None)]


def judged(direction: Direction, limits: Any = STRESSED, **changes: Any) -> Any:
    gate = RiskManager(limits, SETTINGS.exits, Seal(b"k" * 32), 24.0)
    asked = proposal(direction=direction, conviction=1.0)
    values = seen() | {"leverage": Decimal(1), "funding_rate": 0.0001} | changes
    instrument = values.pop("instrument", PERP)
    book = wallet(reserved=Decimal(0)) if instrument is PERP else wallet(reserved=None)
    fresh = BreakerState.fresh(Decimal(10_000), AT)
    return gate.judge(Situation(asked, book, instrument, fresh, None, ("BTC/USDT",), facts().returns, **values))


def test_a_verdict_on_spot_has_no_row_of_perpetuals_and_one_on_perpetuals_has_all() -> None:
    own = {limit.code for limit in CATALOGUE if limit.perpetuals}
    spot = judged(Direction.LONG, instrument=facts().instrument, leverage=None, funding_rate=None)
    short = judged(Direction.SHORT)
    assert spot.outcome is short.outcome is Outcome.SIGNED
    assert own.isdisjoint(rule.code for rule in spot.rules)
    assert own <= {rule.code for rule in short.rules}
    assert {rule.code for rule in short.rules} - own == {rule.code for rule in spot.rules}


@pytest.mark.parametrize(
    ("changes", "binding"),
    [
        ({"leverage": None}, "liquidation"),
        ({"funding_rate": None}, "funding"),
        ({"funding_rate": -0.001}, "funding"),
    ],
)
def test_a_short_is_refused_by_the_limit_that_it_breaks(changes: dict[str, Any], binding: str) -> None:
    verdict = judged(Direction.SHORT, **changes)
    assert (verdict.outcome, verdict.binding_rule, verdict.order) == (Outcome.REFUSED, binding, None)


@pytest.mark.slow
@settings(max_examples=200)
@given(
    leverage=st.sampled_from(["1", "1.5", "2", "3"]),
    direction=st.sampled_from([Direction.LONG, Direction.SHORT]),
    stop=st.floats(0.005, 0.4),
    times=st.floats(1.0, 4.0),
)
def test_what_is_signed_has_its_stop_before_its_liquidation(
    leverage: str, direction: Direction, stop: float, times: float
) -> None:
    limits = STRESSED.model_copy(
        update={"stop_fraction": stop, "max_stop_fraction": max(stop, 0.08), "min_liquidation_distance": times}
    )
    verdict = judged(direction, limits, leverage=Decimal(leverage), funding_rate=0.0)
    gives = 1 / float(leverage)
    away = 1 - (1 - gives) / 0.996 if direction is Direction.LONG else (1 + gives) / 1.004 - 1
    away = float("inf") if (leverage, direction) == ("1", Direction.LONG) else away
    if verdict.outcome is Outcome.SIGNED:
        assert verdict.stop_fraction * times <= away * (1 + 1e-9)
    elif verdict.binding_rule == "liquidation":
        assert stop * times > away * (1 - 1e-9)
