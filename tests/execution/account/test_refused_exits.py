"""Exits that a real exchange refuses, or whose cancel it does not answer: what is held is protected as well as it can be."""

import asyncio
from decimal import Decimal
from typing import Any

from gate_support import ANY_PRICE
from trader_support import World, states, uncovered

from execution.reports import OrderState, OrderStatus, VenueReport
from risk.order import Order, OrderKind, Purpose

D = Decimal
QUIET = (50_000, 50_050, 49_950, 50_000)


class Moody:
    """A venue that refuses stops, loses the reply to the stops that come `nth`, or does not answer cancels, as a test says."""

    def __init__(self, venue: Any) -> None:
        self.inner = venue
        self.refuses = self.silent = False
        self.loses: set[int] = set()
        self.sent: list[Order] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def submit(self, order: Order) -> VenueReport:
        if order.kind is not OrderKind.STOP:
            return await self.inner.submit(order)  # type: ignore[no-any-return]
        self.sent.append(order)
        if self.refuses:
            return VenueReport(states=(self.state(order, OrderStatus.REJECTED),))
        report: VenueReport = await self.inner.submit(order)
        if len(self.sent) not in self.loses:
            return report
        return VenueReport(states=(self.state(order, OrderStatus.UNKNOWN),))

    async def cancel(self, order_id: str) -> VenueReport:
        if self.silent or any(order_id == self.sent[number - 1].order_id for number in self.loses):
            return VenueReport()
        return await self.inner.cancel(order_id)  # type: ignore[no-any-return]

    @staticmethod
    def state(order: Order, status: OrderStatus) -> OrderState:
        return OrderState(
            order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=status, at_utc=order.created_utc
        )  # fmt: skip


def world_of(**moods: Any) -> tuple[World, Moody]:
    """A trader on such a venue that has just bought."""
    made: list[Moody] = []

    def around(venue: Any) -> Moody:
        made.append(Moody(venue))
        vars(made[0]).update(moods)
        return made[0]

    world = World(around=around, real=True, limits=ANY_PRICE)
    world.buy()
    world.bar(*QUIET)
    return world, made[0]


def sales(world: World) -> list[Order]:
    return [order for order in world.events.orders() if order.kind is OrderKind.MARKET and order.reduce_only]


def test_a_position_whose_stop_the_exchange_refuses_is_sold_at_market() -> None:
    world, _ = world_of(refuses=True)
    world.bar(*QUIET)
    assert {order.purpose for order in sales(world)} == {Purpose.STOP_LOSS}
    assert world.held == 0


def test_a_sale_beside_an_exit_of_unknown_fate_leaves_the_other_stop_where_it_is() -> None:
    world, venue = world_of(loses={2})
    before = [order for order in world.open_orders() if order.kind is OrderKind.STOP]
    assert len(before) == 2
    assert world.leave() is None
    assert [order for order in world.open_orders() if order.kind is OrderKind.STOP] == before
    assert sales(world) == []
    venue.loses.clear()
    found = VenueReport(states=(Moody.state(venue.sent[1], OrderStatus.ACCEPTED),))
    asyncio.run(world.trader.hear(found, world.now))
    assert world.leave() is not None


def test_no_stop_is_placed_beside_one_whose_cancel_is_not_answered() -> None:
    world, venue = world_of()
    placed = len(venue.sent)
    venue.silent = True
    asyncio.run(world.trader.follow("BTC/USDT", 49_500.0, world.now))
    assert len(venue.sent) == placed
    venue.silent = False
    resting = [order for order in world.open_orders() if order.reduce_only]
    for order in resting:
        asyncio.run(world.trader.hear(asyncio.run(venue.inner.cancel(order.order_id)), world.now))
    assert uncovered(world) == 0
    assert world.trader.portfolio(world.now).positions[0].stop_price is not None


def test_on_a_real_exchange_the_old_stop_is_withdrawn_before_the_one_that_follows_it() -> None:
    world, venue = world_of()
    asyncio.run(world.trader.follow("BTC/USDT", 49_500.0, world.now))
    order_of_events = [
        state.status for state in states(world) if state.order_id in {each.order_id for each in venue.sent}
    ]
    assert order_of_events[-1] is OrderStatus.ACCEPTED
    assert OrderStatus.CANCELLED in order_of_events
    assert uncovered(world) == 0
