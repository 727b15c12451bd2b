"""A sale of more than is held, as a real exchange reports it: our part is booked, the rest is not ours, the market is
close-only."""

import asyncio
from decimal import Decimal

from gate_support import ANY_PRICE
from trader_support import World

from execution.account.close_only import MarketClosed
from execution.reports import CloseOnly, Fill, Liquidity, VenueAccount, VenueReport
from risk.order import Order, OrderKind, Purpose, Side

D = Decimal
BTC = "BTC/USDT"


def world_with_a_position() -> World:
    world = World(real=True, limits=ANY_PRICE)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.held > 0
    return world


def sale(world: World, quantity: Decimal, trade_id: str = "t") -> Fill:
    stop = next(order for order in world.events.orders() if order.kind is OrderKind.STOP)
    return Fill(
        trade_id=trade_id, order_id=stop.order_id, decision_id=stop.decision_id, symbol=BTC, side=Side.SELL,
        purpose=Purpose.STOP_LOSS, quantity=quantity, price=D(49_000), fee=D(1), fee_currency="USDT",
        liquidity=Liquidity.TAKER, filled_utc=world.now,
    )  # fmt: skip


def told(world: World) -> list[MarketClosed]:
    return [event for event in world.events.all if isinstance(event, MarketClosed)]


def hear(world: World, report: VenueReport) -> None:
    asyncio.run(world.trader.hear(report, world.now))


def test_a_sale_of_more_than_is_held_ends_nothing_and_closes_the_market() -> None:
    world = world_with_a_position()
    held, cash = world.held, world.trader.ledger.cash
    hear(world, VenueReport(fills=(sale(world, held + D("0.5")),)))
    assert world.held == 0
    assert world.trader.ledger.cash == cash + held * 49_000 - 1, "what 0.5 of somebody else brought is not ours"
    (event,) = told(world)
    assert "0.5" in event.why
    assert event.status == "begins"
    verdict = world.buy()
    assert verdict.order is None
    assert verdict.binding_rule == "data_quality"


def test_a_sale_without_any_position_is_not_booked_at_all_and_told_once() -> None:
    world = world_with_a_position()
    hear(world, VenueReport(fills=(sale(world, world.held),)))
    cash, booked = world.trader.ledger.cash, world.trader.ledger.fills_booked
    for trade in ("again", "again", "more"):
        hear(world, VenueReport(fills=(sale(world, D("0.1"), trade),)))
    assert world.trader.ledger.cash == cash
    assert world.trader.ledger.fills_booked == booked + 2, (
        "they count as reported, so that the account is compared again"
    )
    assert len(told(world)) == 1


def test_the_account_still_agrees_after_coins_of_somebody_else_were_sold() -> None:
    world = world_with_a_position()
    ledger = world.trader.ledger
    hear(world, VenueReport(account=VenueAccount(cash=ledger.cash + 70, held={BTC: world.held + 2})))
    hear(world, VenueReport(fills=(sale(world, world.held + D("0.5")),)))
    after = VenueAccount(cash=ledger.cash + 70 + D("24500"), held={BTC: D("1.5")})
    for _ in range(3):
        hear(world, VenueReport(account=after))
    assert [type(event).__name__ for event in world.events.all].count("AccountDrift") == 0


def test_what_the_exchange_says_is_close_only_is_refused_told_and_taken_again_when_it_says_so() -> None:
    world = World(real=True, limits=ANY_PRICE)
    hear(world, VenueReport(close_only={BTC: CloseOnly(why="two orders under one id")}))
    hear(world, VenueReport(close_only={BTC: CloseOnly(why="two orders under one id")}))
    assert world.buy().order is None
    hear(world, VenueReport(close_only={}))
    assert world.buy().order is not None
    assert [event.status for event in told(world)] == ["begins", "ends"]
    assert "two orders" in told(world)[0].text


def test_an_entry_under_way_in_a_market_that_closes_is_withdrawn_and_a_position_keeps_its_exits() -> None:
    world = world_with_a_position()
    hear(world, VenueReport(close_only={BTC: CloseOnly(why="two orders under one id")}))
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert [order.kind for order in world.open_orders()].count(OrderKind.STOP) > 0
    assert world.leave() is not None


def test_nothing_is_sent_in_a_market_that_is_gone() -> None:
    world = world_with_a_position()
    hear(world, VenueReport(close_only={BTC: CloseOnly(why="trades it no more", gone=True)}))
    before = len([event for event in world.events.all if isinstance(event, Order)])
    for order in world.open_orders():
        hear(world, asyncio.run(world.venue.cancel(order.order_id)))
    assert world.leave() is None
    assert len([event for event in world.events.all if isinstance(event, Order)]) == before
    assert world.held > 0, "the coins are still counted"
