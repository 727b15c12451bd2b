"""The dearest price of an entry: what is signed stays within the limits of a position and of all positions at that price."""

from decimal import Decimal
from typing import Any

import pytest
from gate_support import ANY_PRICE, LIMITS, SETTINGS, cap, facts, held, portfolio
from hypothesis import given
from hypothesis import strategies as st

from config.sections.limits import RiskLimits
from risk.limits import trade as rules
from risk.sizing import Entry, dearest_price, deployed_room, position_room

FEE = 0.001


def capped(bps: float | None, **limits: Any) -> RiskLimits:
    return RiskLimits.model_validate({**LIMITS.model_dump(), "entry_price_cap_bps": bps, **limits})


def entry(limits: RiskLimits, deployed: float = 0.0, held: float = 0.0) -> Entry:
    return Entry(1.0, 0.02, deployed, limits, SETTINGS.exits, held=held, fee=FEE)


@pytest.mark.parametrize(
    ("reference", "tick", "bps", "price"),
    [
        ("50000", "0.01", 50.0, "50250.00"),
        ("0.1234", "0.0001", 50.0, "0.1240"),
        ("100", "0.01", 0.5, "100.00"),
        ("7.77", "0.001", 33.3, "7.795"),
    ],
)
def test_the_dearest_price_is_rounded_down_to_a_tick(reference: str, tick: str, bps: float, price: str) -> None:
    assert dearest_price(Decimal(reference), Decimal(tick), capped(bps)) == Decimal(price)


def test_without_a_cap_there_is_no_dearest_price_and_the_rooms_are_those_of_the_last_close() -> None:
    assert dearest_price(Decimal(100), Decimal("0.01"), ANY_PRICE) is None
    assert position_room(entry(ANY_PRICE, 0.07, 0.05)) == 0.05
    assert deployed_room(entry(ANY_PRICE, 0.07, 0.05)) == 0.2 - 0.07


@given(
    bps=st.floats(0.1, 1000.0), held=st.floats(0.0, 0.2), coming=st.floats(0.0, 0.2), moved=st.floats(-1.0, 1.0),
    most=st.floats(0.01, 0.5),
)  # fmt: skip
def test_at_the_dearest_price_with_fees_the_limits_hold_though_others_moved_by_as_much_as_the_cap(
    bps: float, held: float, coming: float, moved: float, most: float
) -> None:
    limits = capped(bps, max_position_fraction=most, max_deployed_fraction=min(1.0, 2 * most))
    given_entry, dear = entry(limits, held + coming, held), 1 + bps / 10_000
    bought = max(0.0, min(position_room(given_entry), deployed_room(given_entry))) * dear
    before = coming * dear
    equity = 1.0 + moved * bps / 10_000 * held - FEE * before
    assert bought <= most * equity
    if bought:
        assert held * (1 + moved * bps / 10_000) + before + bought <= min(1.0, 2 * most) * (equity - FEE * bought)


def test_the_cash_pays_for_all_entries_under_way_at_their_dearest_price_and_with_their_fees() -> None:
    some = facts(portfolio=portfolio(cash=Decimal(1000), pending_notional={"ETH/USDT": Decimal(600)}))
    room = cap(rules.cash(some))
    assert (room + 600) * 1.005 * 1.001 == pytest.approx(1000.0)
    assert (room + 600) * 1.005 * 1.001 < 1000.0


def test_what_is_held_may_gain_as_much_as_an_entry_before_it_is_bought() -> None:
    some = facts(portfolio=portfolio(positions=(held("ETH/USDT", "1700"),)))
    assert cap(rules.deployed(some)) * 1.005 * 1.001 == pytest.approx(300.0 - 8.5)
    assert cap(rules.position_size(some)) * 1.005 * 1.001 == pytest.approx(0.05 * (10_000 - 8.5))
