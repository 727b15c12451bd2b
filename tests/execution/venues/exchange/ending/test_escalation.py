"""Exchanges whose stops sell at a limit: a stop whose trigger was passed and that is not filled is sold at market."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from exchange_support import QUICK, order_of
from stop_limit_exchange import StopLimitExchange, trading_at

from execution.reports import Fill, OrderState
from execution.venues.exchange.venue import ExchangeVenue

D = Decimal
PACE = QUICK._replace(escalate_s=0.3, watch_s=0.05)


class On:
    """A position of 2 with a stop at 95 that sells at 94.52 or better, beside 7 coins of somebody else."""

    def __init__(self, venue: ExchangeVenue, exchange: StopLimitExchange) -> None:
        self.venue, self.exchange = venue, exchange
        self.states: dict[str, OrderState] = {}
        self.fills: list[Fill] = []

    async def until(self, order_id: str, status: str) -> OrderState:
        async with asyncio.timeout(20):
            while order_id not in self.states or self.states[order_id].status.value != status:
                report = await self.venue.hear()
                self.states |= {state.order_id: state for state in report.states}
                self.fills += report.fills
        return self.states[order_id]


def play(scenario: Callable[[On], Awaitable[None]]) -> None:
    async def main() -> None:
        exchange = StopLimitExchange(D(100), foreign=D(7))
        async with trading_at(exchange, PACE) as venue:
            on = On(venue, exchange)
            await venue.submit(order_of("in", "buy 2 market", cap="102"))
            await on.until("in", "filled")
            await venue.submit(order_of("stop", "sell 2 stop 95"))
            await scenario(on)
            assert exchange.coins >= 7, "the seven coins that were there before"

    asyncio.run(main())


def test_the_stop_of_this_exchange_is_a_limit_below_its_trigger() -> None:
    async def scenario(on: On) -> None:
        (order,) = await on.exchange.fetch_open_orders("BTC/USDT")
        assert (order["type"], order["trigger"], order["price"]) == ("limit", 95, "94.52")

    play(scenario)


def test_a_stop_that_is_filled_at_its_limit_is_not_escalated() -> None:
    async def scenario(on: On) -> None:
        on.exchange.move("94.8")
        await on.until("stop", "filled")
        await asyncio.sleep(3 * PACE.escalate_s)
        assert [order["type"] for order in on.exchange.orders.values()] == ["limit", "limit"]

    play(scenario)


def test_a_price_that_jumps_over_the_limit_is_sold_at_market_in_seconds() -> None:
    async def scenario(on: On) -> None:
        begun_s = asyncio.get_running_loop().time()
        on.exchange.move("80")
        state = await on.until("stop", "filled")
        assert state.filled_quantity == 2
        assert [fill.price for fill in on.fills if fill.order_id == "stop"] == [80]
        assert asyncio.get_running_loop().time() - begun_s < 10
        assert on.exchange.coins == 7

    play(scenario)


def test_a_price_that_comes_back_in_time_leaves_the_stop_where_it_is() -> None:
    async def scenario(on: On) -> None:
        stop = on.exchange.orders["v2"]
        on.exchange.move("96")
        await asyncio.sleep(3 * PACE.escalate_s)
        assert stop["status"] == "open"

    play(scenario)


@pytest.mark.parametrize(
    "losing", [{"cancel_order": 3}, {"create_order": 1}, {"cancel_order": 2, "create_order": 1, "fetch_orders": 4}]
)
def test_lost_answers_on_the_way_sell_it_once(losing: dict[str, int]) -> None:
    async def scenario(on: On) -> None:
        on.exchange.losing = dict(losing)
        on.exchange.move("80")
        assert (await on.until("stop", "filled")).filled_quantity == 2
        assert on.exchange.coins == 7

    play(scenario)


def test_a_stop_that_is_withdrawn_while_it_is_passed_is_not_sold() -> None:
    async def scenario(on: On) -> None:
        on.exchange.move("80")
        await on.venue.cancel("stop")
        await asyncio.sleep(2 * PACE.escalate_s)
        assert on.exchange.coins in (7, 9)
        assert sum(order["type"] == "market" for order in on.exchange.orders.values()) <= 1

    play(scenario)
