"""The simulated exchange, bar by bar."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from config.reading.load import load_profile
from execution.reports import Fill, Liquidity
from execution.simulated.venue import SimulatedVenue
from market.bar import Slice
from market.quality.monitor import QualityMonitor
from market.timeframe import Timeframe

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

    async def doubtful(self, prices: str, **more: Any) -> tuple[Fill, ...]:
        """A whole bar that is not believed."""
        bar = self.shop.bar(prices, hour=self.hour, **more)
        self.hour += 1
        tape = Slice(close_utc=bar.close_utc, bars={}, doubtful={bar.symbol: bar})
        return (await self.venue.on_open(tape)).fills + (await self.venue.on_slice(tape)).fills

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
        assert await world.venue.open_orders() == ()

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
        account = await world.venue.account()
        assert D(0) <= account.cash < D("0.11")
        assert account.held["BTC/USDT"] == 60

    run(scenario)


def test_a_stop_in_a_coarse_lot_fills_in_a_thin_market(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("9")
        await world.submit("stop", "sell 9 stop 99")
        fills = await world.bar("98 98 98 98", volume=0.09)
        assert [fill.quantity for fill in fills] == [D("0.002")] * 4 + [D("0.001")]

    run(scenario, levels=5)


def test_in_a_doubtful_bar_a_stop_fills_at_its_price_and_its_target_goes_with_it(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("1")
        await world.submit("target", "sell 1 limit 103", group="g")
        await world.submit("stop", "sell 1 stop 97", group="g")
        (fill,) = await world.doubtful("100 100 0.01 100")
        assert (fill.order_id, fill.price) == ("stop", D("96.99"))
        assert await world.venue.open_orders() == ()

    run(scenario)


def test_in_a_doubtful_bar_a_stop_that_its_open_is_below_fills_from_the_open(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("1")
        await world.submit("stop", "sell 1 stop 97")
        assert [fill.price for fill in await world.doubtful("62 62 60 62")] == [D("61.99")]

    run(scenario)


def test_a_doubtful_bar_is_a_market_for_exits_and_for_nothing_else(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        await world.hold("2")
        await world.submit("entry", "buy 1 market")
        await world.submit("cheap", "buy 1 limit 90")
        await world.submit("breakout", "buy 1 stop 99")
        await world.submit("target", "sell 1 limit 80")
        await world.submit("exit", "sell 1 market")
        assert [fill.order_id for fill in await world.doubtful("100 100 50 100")] == ["exit"]
        for _ in range(5):
            assert await world.doubtful("100 100 50 100") == ()
        believed = await world.bar("100 100 100 100", volume=1e6)
        assert [fill.order_id for fill in believed] == ["entry", "breakout", "target"]

    run(scenario)


@pytest.mark.parametrize(("crash", "price"), [((100, 100, 60, 62), "96.99"), ((62, 62, 60, 61), "61.99")])
def test_a_stop_trades_in_the_crash_that_the_quality_monitor_does_not_believe(
    run: Callable[..., None], crash: tuple[float, ...], price: str
) -> None:
    async def scenario(world: World) -> None:
        monitor = QualityMonitor(load_profile("paper").quality, Timeframe.H1, ["BTC/USDT"])
        monitor.judge(world.shop.at(1), {"BTC/USDT": (100.0, 100.0, 100.0, 100.0, 1e6)})
        await world.hold("1")
        await world.submit("stop", "sell 1 stop 97")
        tape = monitor.judge(world.shop.at(2), {"BTC/USDT": (*crash, 1e6)})
        assert tape.bars == {}
        fills = (await world.venue.on_open(tape)).fills + (await world.venue.on_slice(tape)).fills
        assert [fill.price for fill in fills] == [D(price)]

    run(scenario)


def test_no_order_at_all_costs_no_book(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        tape = world.shop.tape(world.shop.bar("100 101 99 100"))
        assert await world.venue.on_open(tape) is await world.venue.on_slice(tape)

    run(scenario)
