"""Exits of which nobody knows whether they rest at the venue, and positions that no order is small enough for."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from gate_support import ANY_PRICE
from trader_support import World, uncovered

from execution.kill_switch.halting import Halt, Reading
from execution.reports import DustSwept, Fill, Liquidity, OrderState, OrderStatus, VenueReport
from risk.order import Order, OrderKind

D = Decimal


class LosesReplies:
    """A venue that takes stops and loses its replies about them, until a test says that they were found."""

    def __init__(self, venue: Any) -> None:
        self.inner = venue
        self.lost: list[Order] = []
        self.losing = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def submit(self, order: Order) -> VenueReport:
        report: VenueReport = await self.inner.submit(order)
        if order.kind is not OrderKind.STOP or not self.losing:
            return report
        self.lost.append(order)
        return VenueReport(states=tuple(_as(state, OrderStatus.UNKNOWN) for state in report.states))

    async def cancel(self, order_id: str) -> VenueReport:
        if self.losing and order_id in {order.order_id for order in self.lost}:
            return VenueReport()
        report: VenueReport = await self.inner.cancel(order_id)
        return report


def _as(state: OrderState, status: OrderStatus) -> OrderState:
    return state.model_copy(update={"status": status})


@pytest.fixture
def world() -> World:
    """A position whose stop is of unknown fate."""
    made: list[LosesReplies] = []

    def around(venue: Any) -> LosesReplies:
        made.append(LosesReplies(venue))
        return made[0]

    world = World(around=around, real=True)
    world.losing = made[0]  # type: ignore[attr-defined]
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.held > 0
    return world


def stops(world: World) -> list[Order]:
    return [order for order in world.events.orders() if order.kind is OrderKind.STOP]


def told(world: World, status: OrderStatus) -> None:
    """The venue says what became of each stop whose reply was lost."""
    losing: LosesReplies = world.losing  # type: ignore[attr-defined]
    losing.losing = False
    states = tuple(
        OrderState(
            order_id=stop.order_id, decision_id=stop.decision_id, symbol=stop.symbol, status=status, at_utc=world.now
        )
        for stop in losing.lost
    )  # fmt: skip
    asyncio.run(world.trader.hear(VenueReport(states=states), world.now))


def test_no_second_stop_is_sent_while_the_first_is_of_unknown_fate(world: World) -> None:
    before = len(stops(world))
    for _ in range(3):
        world.bar(50_000, 50_050, 49_950, 50_000)
    assert len(stops(world)) == before
    assert world.trader.portfolio(world.now).positions[0].stop_price is None


def test_a_position_is_not_sold_beside_a_stop_of_unknown_fate_and_is_when_it_is_known(world: World) -> None:
    assert world.leave() is None
    told(world, OrderStatus.ACCEPTED)
    assert world.trader.portfolio(world.now).positions[0].stop_price == stops(world)[0].stop_price
    assert world.leave() is not None
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.held == 0


def test_a_stop_that_was_proven_absent_is_sent_again_under_another_id(world: World) -> None:
    losing: LosesReplies = world.losing  # type: ignore[attr-defined]
    for stop in losing.lost:
        asyncio.run(losing.inner.cancel(stop.order_id))
    first = {stop.order_id for stop in stops(world)}
    told(world, OrderStatus.REJECTED)
    again = {stop.order_id for stop in stops(world)} - first
    assert len(again) == len(first)
    assert uncovered(world) == 0


def sold_by(stop: Order, quantity: Decimal, world: World) -> VenueReport:
    """A stop was filled for a part of its quantity, and then it was gone."""
    state = OrderState(
        order_id=stop.order_id, decision_id=stop.decision_id, symbol=stop.symbol, status=OrderStatus.CANCELLED,
        filled_quantity=quantity, at_utc=world.now,
    )  # fmt: skip
    fill = Fill(
        trade_id=stop.order_id, order_id=stop.order_id, decision_id=stop.decision_id, symbol=stop.symbol, side=stop.side,
        purpose=stop.purpose, quantity=quantity, price=D(49_000), fee=D(0), fee_currency="USDT",
        liquidity=Liquidity.TAKER, filled_utc=world.now,
    )  # fmt: skip
    return VenueReport(states=(state,), fills=(fill,))


def test_what_is_too_small_to_sell_on_a_real_exchange_is_dust_and_no_position() -> None:
    world = World(real=True, limits=ANY_PRICE)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    keep = D("0.00005")
    first, second = [order for order in world.open_orders() if order.kind is OrderKind.STOP]
    for order in world.open_orders():
        asyncio.run(world.venue.cancel(order.order_id))
    asyncio.run(world.trader.hear(sold_by(first, first.quantity, world), world.now))
    assert world.held == second.quantity
    asyncio.run(world.trader.hear(sold_by(second, second.quantity - keep, world), world.now))
    (swept,) = [event for event in world.events.all if isinstance(event, DustSwept)]
    assert swept.quantity == keep
    assert world.held == 0
    assert world.trader.ledger.dust == {"BTC/USDT": keep}
    assert world.buy().order is not None, "the market is free for the next purchase"


def test_stops_that_cover_more_than_is_held_are_placed_anew_for_what_is_ours() -> None:
    world = World(real=True, limits=ANY_PRICE)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    first = next(order for order in world.open_orders() if order.kind is OrderKind.STOP)
    asyncio.run(world.venue.cancel(first.order_id))
    asyncio.run(world.trader.hear(sold_by(first, first.quantity + D("0.002"), world), world.now))
    assert uncovered(world) == 0


class Down:
    """A kill switch that sells, once a test lets it fall."""

    fell = False

    def read(self, look: int) -> Reading:
        halt = Halt(scope="all", who="a drill", given_utc=None, why="a drill", flatten=True)
        return Reading((halt,) if self.fell else ())


class LosesSales(LosesReplies):
    """A venue that loses its replies about sales at market, and takes none of them."""

    async def submit(self, order: Order) -> VenueReport:
        if order.kind is not OrderKind.MARKET or not order.reduce_only or not self.losing:
            report: VenueReport = await self.inner.submit(order)
            return report
        self.lost.append(order)
        return VenueReport(states=(state_of(order, OrderStatus.UNKNOWN),))


def state_of(order: Order, status: OrderStatus) -> OrderState:
    return OrderState(
        order_id=order.order_id,
        decision_id=order.decision_id,
        symbol=order.symbol,
        status=status,
        at_utc=order.created_utc,
    )


def test_the_kill_switch_waits_for_the_fate_of_a_sale_and_then_sells_under_another_name() -> None:
    made: list[LosesSales] = []

    def around(venue: Any) -> LosesSales:
        made.append(LosesSales(venue))
        return made[0]

    switch = Down()
    world = World(around=around, real=True, limits=ANY_PRICE, switch=switch)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.leave() is not None, "a voter wants out, and the answer is lost"
    (lost,) = made[0].lost
    switch.fell = True
    for _ in range(3):
        assert asyncio.run(world.trader.heed(world.now)) == (), "two sales could sell coins that are not ours"
    assert len(made[0].lost) == 1
    made[0].losing = False
    asyncio.run(world.trader.hear(VenueReport(states=(state_of(lost, OrderStatus.CANCELLED),)), world.now))
    (sale,) = asyncio.run(world.trader.heed(world.now))
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.held == 0
    assert f"{sale.decision_id}-c" != lost.order_id
