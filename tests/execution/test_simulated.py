"""The simulated exchange, bar by bar."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from execution.simulated import SimulatedVenue
from execution.words import Fill, Liquidity

D = Decimal


class World:
    """A venue with BTC and ETH, and the hour at which its tape stands."""

    def __init__(self, shop: Any, **settings: Any) -> None:
        self.shop = shop
        rules = {symbol: shop.instrument(symbol) for symbol in ("ETH/USDT", "BTC/USDT")}
        self.venue = SimulatedVenue(rules, shop.settings(**settings), shop.seal)
        self.hour = 0

    async def submit(self, order_id: str, text: str, **more: Any) -> str:
        report = await self.venue.submit(self.shop.order(order_id, text, hour=self.hour, **more))
        return report.states[0].status.value

    async def open(self, prices: str, **more: Any) -> tuple[Fill, ...]:
        return (await self.venue.on_open(self.shop.tape(self.shop.bar(prices, hour=self.hour, **more)))).fills

    async def walk(self, prices: str, **more: Any) -> tuple[Fill, ...]:
        tape = self.shop.tape(self.shop.bar(prices, hour=self.hour, **more))
        self.hour += 1
        return (await self.venue.on_slice(tape)).fills

    async def bar(self, prices: str, **more: Any) -> tuple[Fill, ...]:
        return await self.open(prices, **more) + await self.walk(prices, **more)

    async def hold(self, quantity: str) -> None:
        await self.submit(f"in-{self.hour}", f"buy {quantity} market")
        await self.bar("100 100 100 100", volume=1e6)


Scenario = Callable[[World], Awaitable[None]]


@pytest.fixture
def run(shop: Any) -> Callable[..., None]:
    def play(scenario: Scenario, **settings: Any) -> None:
        async def main() -> None:
            await scenario(World(shop, **settings))

        asyncio.run(main())

    return play


def test_an_order_decided_on_a_close_fills_from_the_open_book_of_the_next_bar(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.bar("90 91 89 90")
        await world.submit("a", "buy 1 market")
        (fill,) = await world.open("100 120 80 90")
        assert fill.price == D("100.01")
        assert fill.filled_utc == world.shop.at(1)
        assert await world.walk("100 120 80 90") == ()

    run(scenario)


def test_a_stop_placed_at_the_open_protects_through_the_same_bar(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.submit("in", "buy 1 market")
        assert len(await world.open("100 101 90 95")) == 1
        await world.submit("stop", "sell 1 stop 97")
        (fill,) = await world.walk("100 101 90 95")
        assert (fill.order_id, fill.price, fill.filled_utc) == ("stop", D("96.99"), world.shop.at(1))

    run(scenario)


def test_a_target_placed_at_the_open_makes_in_the_same_bar(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.submit("in", "buy 1 market")
        await world.open("100 104 100 100")
        await world.submit("target", "sell 1 limit 103")
        (fill,) = await world.walk("100 104 100 100")
        assert (fill.price, fill.liquidity, fill.fee) == (D(103), Liquidity.MAKER, D("0.0206"))

    run(scenario)


def test_a_market_order_placed_after_the_open_waits_for_the_next_one(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.open("100 101 99 100")
        await world.submit("a", "buy 1 market")
        assert await world.walk("100 101 99 100") == ()
        assert [fill.price for fill in await world.open("102 103 101 102")] == [D("102.02")]

    run(scenario)


def test_a_limit_decided_on_a_close_takes_from_the_open_book_within_its_price(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.bar("100 101 99 100")
        await world.submit("a", "buy 1 limit 100.5")
        (fill,) = await world.bar("100 101 99 100")
        assert (fill.price, fill.liquidity) == (D("100.01"), Liquidity.TAKER)

    run(scenario)


def test_the_stop_comes_before_the_target_when_one_bar_reaches_both(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("1")
        await world.submit("target", "sell 1 limit 101", group="g")
        await world.submit("stop", "sell 1 stop 99", group="g")
        fills = await world.bar("100 105 95 104")
        assert [fill.order_id for fill in fills] == ["stop"]
        assert world.venue.open_orders() == ()

    run(scenario)


def test_a_gap_fills_a_stop_from_the_open_and_worse_than_its_price(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("1")
        await world.submit("stop", "sell 1 stop 99")
        fills = await world.open("90 99.5 89 95")
        assert [fill.price for fill in fills] == [D("89.99")]

    run(scenario)


def test_liquidity_taken_at_the_open_is_not_there_for_the_rest_of_the_bar(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("60")
        await world.submit("now", "sell 40 market")
        await world.submit("stop", "sell 20 stop 99")
        fills = await world.bar("100 100 98 98", volume=500.0)
        assert sum(fill.quantity for fill in fills) == 50
        assert sum(fill.quantity for fill in fills if fill.order_id == "stop") == 10
        (rest,) = {fill.order_id for fill in await world.open("98 98 98 98", volume=500.0)}
        assert rest == "stop"

    run(scenario)


def test_a_bar_without_volume_triggers_but_fills_nothing(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("1")
        await world.submit("stop", "sell 1 stop 99")
        assert await world.bar("100 100 98 98", volume=0.0) == ()
        assert [fill.order_id for fill in await world.open("99.5 100 99 99")] == ["stop"]

    run(scenario)


def test_a_symbol_without_a_bar_does_not_trade_and_its_order_keeps_its_chances(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.submit("a", "buy 1 market", symbol="ETH/USDT")
        for _ in range(5):
            assert await world.bar("100 101 99 100") == ()
        assert [fill.symbol for fill in await world.open("50 50 50 50", symbol="ETH/USDT")] == ["ETH/USDT"]

    run(scenario)


def test_symbols_trade_in_order_of_name_and_share_the_cash(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.submit("eth", "buy 60 market", symbol="ETH/USDT")
        await world.submit("btc", "buy 60 market")
        shop = world.shop
        tape = shop.tape(shop.bar("100 100 100 100", symbol="ETH/USDT"), shop.bar("100 100 100 100"))
        report = await world.venue.on_open(tape)
        assert list(dict.fromkeys(fill.order_id for fill in report.fills)) == ["btc", "eth"]
        assert [(state.order_id, state.status.value) for state in report.states] == [
            ("btc", "filled"),
            ("eth", "cancelled"),
        ]
        assert D(0) <= world.venue.cash < D("0.11")
        assert world.venue.held("BTC/USDT") == 60

    run(scenario)


def test_no_order_at_all_costs_no_book(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        tape = world.shop.tape(world.shop.bar("100 101 99 100"))
        assert await world.venue.on_open(tape) is await world.venue.on_slice(tape)

    run(scenario)
