"""A position that is reduced on a schedule: a part is sold at market, and the rest is never without its stop."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from gate_support import proposal
from hypothesis import given, settings
from hypothesis import strategies as st
from trader_support import World, states, uncovered

from risk.order import OrderKind, Purpose


def bought(**world: Any) -> World:
    """A world with a full position, protected."""
    made = World(**world)
    made.buy()
    made.bar(50_000, 50_100, 49_950, 50_000)
    return made


def stops(world: World) -> Decimal:
    return sum((size for purpose, size in world.resting() if purpose is Purpose.STOP_LOSS), Decimal(0))


def test_a_part_is_sold_at_the_next_open_and_the_rest_is_protected_at_once() -> None:
    world = bought()
    held = world.held
    order = world.reduce(held / 2)
    assert order is not None
    assert (order.kind, order.purpose, order.quantity) == (OrderKind.MARKET, Purpose.OUTAGE_EXIT, held / 2)
    assert stops(world) == held / 2
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.held == stops(world) == held / 2


def test_the_stop_of_the_rest_stays_where_it_was() -> None:
    world = bought()
    before = world.trader.portfolio(world.now).positions[0].stop_price
    world.reduce(world.held / 4)
    assert world.trader.portfolio(world.now).positions[0].stop_price == before


def test_a_trailing_stop_goes_on_trailing_the_rest() -> None:
    world = bought()
    world.bar(50_000, 52_500, 49_990, 52_400)
    held = world.held
    world.reduce(held / 2)
    world.bar(52_400, 54_000, 52_300, 53_900)
    assert set(world.resting()) == {(Purpose.TRAILING_STOP, world.held)}
    assert world.held < held
    assert world.trader.portfolio(world.now).positions[0].stop_price == Decimal("52920.00")


def test_what_is_already_within_the_schedule_is_left_alone() -> None:
    world = bought()
    before = world.open_orders()
    assert world.reduce(world.held) is None
    assert world.open_orders() == before


def test_a_part_that_the_venue_would_refuse_is_not_sold() -> None:
    world = bought()
    before = world.open_orders()
    assert world.reduce(world.held - Decimal("0.00002")) is None
    assert world.open_orders() == before


def test_a_rest_that_could_not_be_sold_at_its_stop_goes_too() -> None:
    world = bought()
    order = world.reduce(Decimal("0.00002"))
    assert order is not None
    assert order.quantity == world.held
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert (world.held, world.resting()) == (0, [])


def test_nothing_is_reduced_that_is_not_held_or_is_leaving_already() -> None:
    world = World()
    assert world.reduce(Decimal(0)) is None
    world = bought()
    assert world.leave() is not None
    assert world.reduce(Decimal(0)) is None


def test_an_entry_that_is_still_filling_buys_no_more() -> None:
    world = World(volume=0.2)
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    held = world.held
    world.reduce(held / 2)
    assert world.trader.portfolio(world.now).pending_notional == {}
    world.bar(50_000, 50_100, 49_950, 50_000, volume=1000.0)
    assert world.held <= held / 2 + Decimal("0.00001")


def test_a_sale_without_liquidity_works_on_beside_the_stop_of_the_rest() -> None:
    world = bought()
    held = world.held
    world.reduce(held / 2)
    for _ in range(4):
        world.bar(50_000, 50_000, 50_000, 50_000, volume=0.0)
        assert uncovered(world) == 0
        assert stops(world) == held / 2
    world.bar(50_000, 50_000, 47_000, 47_500)
    assert world.held == 0
    assert world.open_orders() == ()


def test_a_later_step_takes_the_place_of_one_that_is_still_being_sold() -> None:
    world = bought()
    held = world.held
    world.reduce(held / 2)
    world.bar(50_000, 50_000, 50_000, 50_000, volume=0.0)
    world.reduce(held / 4)
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert held / 4 <= world.held <= held / 4 + Decimal("0.00001")
    assert stops(world) == world.held


def test_leaving_takes_a_sale_that_is_under_way_with_it() -> None:
    world = bought()
    world.reduce(world.held / 2)
    order = world.leave()
    assert order is not None
    assert order.quantity == world.held
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert (world.held, world.resting()) == (0, [])


moves = st.tuples(
    st.floats(-0.04, 0.04), st.floats(0.0, 0.03), st.floats(0.0, 0.03), st.sampled_from([0.0, 0.02, 0.1, 1.0, 500.0]),
    st.sampled_from(["buy", "reduce", "reduce", "leave", "wait"]), st.sampled_from(["0", "0.1", "0.5", "0.9"]),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(moves, min_size=5, max_size=30))
def test_whatever_happens_a_reduced_position_has_a_stop_or_an_exit_for_all_of_it(path: list[Any]) -> None:
    world, price = World(), 50_000.0
    for move, up, down, volume, act, keep in path:
        close = round(price * (1 + move), 2)
        high, low = round(max(price, close) * (1 + up), 2), round(min(price, close) * (1 - down), 2)
        world.bar(price, high, low, close, volume=volume)
        price = close
        if act == "buy":
            wanted = proposal(
                decision_id=f"d{world.hour}", as_of_utc=world.now, conviction=1.0, reference_price=Decimal(str(price))
            )
            asyncio.run(world.trader.enter(world.trader.judge(wanted)))
        if act == "leave":
            world.leave()
        if act == "reduce":
            before = world.held
            order = world.reduce(before * Decimal(keep))
            assert order is None or order.quantity <= before
        if world.held * Decimal(str(price)) > 10:
            assert uncovered(world) <= 0
        assert world.held >= 0
    ids = [order.order_id for order in world.events.orders()]
    assert len(ids) == len(set(ids))
    assert not any("duplicate" in state.note.lower() for state in states(world))
