"""Orders over the wire, placed by ccxt's own client: how each type trades, and what the exchange says of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from wire_support import FLAT, START, World, exchange_of, rules_of, settings_of, world

from execution.simulated.venue import SimulatedVenue
from execution.wire.trading.wanted import read_order
from risk.order import OrderKind, Seal

Scenario = Callable[[World], Awaitable[None]]
BTC = "BTC/USDT"
FALLING = "100 100 80 82"
WIDE = "100 110 90 100"
HOLDS = {"USDT": "10000", "BTC": "10"}


def play(scenario: Scenario, *args: Any, **more: Any) -> None:
    """Run a scenario on an exchange with these bars."""

    async def main() -> None:
        async with world(*args, **more) as running:
            await scenario(running)

    asyncio.run(main())


async def refused(asking: Awaitable[Any]) -> str:
    """The error class and the exchange's number that a refused request ends in."""
    import ccxt

    with pytest.raises(ccxt.BaseError) as caught:
        await asking
    told = str(caught.value)
    number = told.partition('"code":')[2].partition(",")[0]
    return f"{type(caught.value).__name__} {number}".strip()


def test_a_market_order_is_filled_at_once_and_pays_its_fee_in_the_coin_that_it_buys() -> None:
    async def scenario(on: World) -> None:
        order = await on.client.create_order(BTC, "market", "buy", 1, params={"clientOrderId": "mine-1"})
        assert (order["status"], order["filled"], order["average"], order["clientOrderId"]) == (
            "closed",
            1.0,
            100.01,
            "mine-1",
        )
        assert order["fees"] == [{"currency": "BTC", "cost": 0.001}]
        balance = await on.client.fetch_balance()
        assert (balance["BTC"]["free"], balance["USDT"]["free"]) == (0.999, 9899.99)

    play(scenario)


def test_a_market_order_by_value_buys_whole_lots_for_no_more() -> None:
    async def scenario(on: World) -> None:
        order = await on.client.create_market_buy_order_with_cost(BTC, 50)
        assert (order["status"], order["filled"]) == ("closed", 0.499)
        assert order["cost"] <= 50

    play(scenario)


def test_what_a_market_order_finds_no_book_for_expires() -> None:
    async def scenario(on: World) -> None:
        order = await on.client.create_order(BTC, "market", "sell", 10)
        assert (order["status"], order["filled"], order["remaining"]) == ("expired", 1.0, 9.0)
        again = await on.client.create_order(BTC, "market", "sell", 1)
        assert (again["status"], again["filled"]) == ("expired", 0.0), "what was taken from a book stays gone"

    play(scenario, (FLAT,) * 3, balances=HOLDS, settings=settings_of(depth_fraction=0.001))


def test_a_limit_order_locks_what_it_needs_rests_and_is_filled_as_maker() -> None:
    async def scenario(on: World) -> None:
        order = await on.client.create_order(BTC, "limit", "buy", 2, 95)
        assert order["status"] == "open"
        assert (await on.client.fetch_balance())["USDT"] == {"free": 9810.0, "used": 190.0, "total": 10000.0}
        on.exchange.advance()
        (trade,) = await on.client.fetch_my_trades(BTC)
        assert (trade["price"], trade["amount"], trade["takerOrMaker"]) == (95.0, 2.0, "maker")
        assert (await on.client.fetch_order(order["id"], BTC))["status"] == "closed"
        assert (await on.client.fetch_balance())["USDT"] == {"free": 9810.0, "used": 0.0, "total": 9810.0}

    play(scenario, (WIDE,) * 3)


@pytest.mark.parametrize(
    ("terms", "status", "filled"),
    [({"timeInForce": "IOC"}, "expired", 1.0), ({"timeInForce": "FOK"}, "expired", 0.0), ({}, "open", 1.0)],
)
def test_the_time_in_force_says_what_becomes_of_the_remainder(
    terms: dict[str, str], status: str, filled: float
) -> None:
    async def scenario(on: World) -> None:
        order = await on.client.create_order(BTC, "limit", "sell", 3, 99, terms)
        assert (order["status"], order["filled"]) == (status, filled)
        free = (await on.client.fetch_balance())["BTC"]["free"]
        assert free == (7.0 if status == "open" else 10.0 - filled)

    play(scenario, (FLAT,) * 3, balances=HOLDS, settings=settings_of(depth_fraction=0.001))


def test_an_order_that_must_make_is_refused_if_it_would_take() -> None:
    async def scenario(on: World) -> None:
        create = on.client.create_order
        assert await refused(create(BTC, "limit", "buy", 1, 101, {"postOnly": True})) == "OrderImmediatelyFillable"
        assert (await create(BTC, "limit", "buy", 1, 99, {"postOnly": True}))["status"] == "open"

    play(scenario)


@pytest.mark.parametrize(
    ("kind", "price", "params", "filled_at", "maker"),
    [
        ("market", None, {"stopLossPrice": 95}, 94.99, "taker"),
        ("limit", 94, {"stopLossPrice": 95}, 94.99, "taker"),
        ("limit", 95.5, {"stopLossPrice": 95}, 95.5, "maker"),
        ("market", None, {"takeProfitPrice": 105}, 104.98, "taker"),
        ("limit", 104, {"takeProfitPrice": 105}, 104.98, "taker"),
    ],
)
def test_an_order_with_a_trigger_waits_for_its_price(
    kind: str, price: float | None, params: dict[str, float], filled_at: float, maker: str
) -> None:
    async def scenario(on: World) -> None:
        order = await on.client.create_order(BTC, kind, "sell", 1, price, params)
        assert order["status"] == "open"
        on.exchange.advance()
        (trade,) = await on.client.fetch_my_trades(BTC)
        assert (trade["price"], trade["amount"], trade["takerOrMaker"]) == (filled_at, 1.0, maker)

    play(scenario, (WIDE,) * 3, balances=HOLDS)


def test_a_trigger_that_the_price_has_passed_is_refused() -> None:
    async def scenario(on: World) -> None:
        create = on.client.create_order
        assert (
            await refused(create(BTC, "market", "sell", 1, None, {"stopLossPrice": 101})) == "OrderImmediatelyFillable"
        )
        assert (
            await refused(create(BTC, "market", "sell", 1, None, {"takeProfitPrice": 99})) == "OrderImmediatelyFillable"
        )

    play(scenario, balances=HOLDS)


def pair(**changes: str) -> dict[str, str]:
    """A target above and a stop below, for half a coin."""
    legs = {
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5", "aboveType": "LIMIT_MAKER", "abovePrice": "105",
        "belowType": "STOP_LOSS", "belowStopPrice": "95", "listClientOrderId": "both", "aboveClientOrderId": "target",
        "belowClientOrderId": "stop",
    }  # fmt: skip
    return legs | changes


@pytest.mark.parametrize(("bar", "filled", "ended"), [(WIDE, "stop", "target"), ("100 110 99 100", "target", "stop")])
def test_one_order_of_a_pair_ends_the_other_and_both_lock_once(bar: str, filled: str, ended: str) -> None:
    async def scenario(on: World) -> None:
        told = await on.client.private_post_orderlist_oco(pair())
        assert (told["listOrderStatus"], [leg["clientOrderId"] for leg in told["orders"]]) == (
            "EXECUTING",
            ["target", "stop"],
        )
        assert (await on.client.fetch_balance())["BTC"]["used"] == 0.5
        on.exchange.advance()
        by_name = {name: await on.client.fetch_order(None, BTC, {"clientOrderId": name}) for name in ("target", "stop")}
        assert (by_name[filled]["status"], by_name[filled]["filled"]) == ("closed", 0.5)
        assert (by_name[ended]["status"], by_name[ended]["filled"]) == ("expired", 0.0)
        assert (await on.client.fetch_balance())["BTC"] == {"free": 9.5, "used": 0.0, "total": 9.5}
        listed = await on.client.private_get_orderlist({"origClientOrderId": "both"})
        assert listed["listOrderStatus"] == "ALL_DONE"

    play(scenario, (bar,) * 3, balances=HOLDS)


def test_a_pair_is_cancelled_whole_by_its_list_or_by_one_of_its_orders() -> None:
    async def scenario(on: World) -> None:
        await on.client.private_post_orderlist_oco(pair())
        assert len(await on.client.private_get_openorderlist()) == 1
        await on.client.private_delete_orderlist({"symbol": "BTCUSDT", "listClientOrderId": "both"})
        assert await on.client.fetch_open_orders(BTC) == []
        await on.client.private_post_orderlist_oco(pair())
        await on.client.cancel_order(None, BTC, {"clientOrderId": "target"})
        assert await on.client.fetch_open_orders(BTC) == []
        assert (await on.client.fetch_balance())["BTC"]["used"] == 0.0

    play(scenario, balances=HOLDS)


def test_a_pair_whose_prices_do_not_enclose_the_market_is_refused() -> None:
    async def scenario(on: World) -> None:
        send = on.client.private_post_orderlist_oco
        assert (await refused(send(pair(belowStopPrice="101")))).endswith("-2010")
        assert (await refused(send(pair(belowType="LIMIT_MAKER")))).endswith("-1102")
        assert (await refused(send(pair(quantity="20")))) == "InsufficientFunds"
        assert await on.client.fetch_open_orders(BTC) == []

    play(scenario, balances=HOLDS)


def test_a_replacement_cancels_the_old_order_and_places_the_new_one() -> None:
    async def scenario(on: World) -> None:
        old = await on.client.create_order(BTC, "market", "sell", 1, None, {"stopPrice": 90})
        new = await on.client.edit_order(old["id"], BTC, "market", "sell", 1, None, {"stopPrice": 95})
        assert [order["triggerPrice"] for order in await on.client.fetch_open_orders(BTC)] == [95.0]
        assert new["id"] != old["id"]
        failed = on.client.edit_order(old["id"], BTC, "market", "sell", 1, None, {"stopPrice": 96})
        assert (await refused(failed)).endswith("-2022")
        assert [order["triggerPrice"] for order in await on.client.fetch_open_orders(BTC)] == [95.0]

    play(scenario, balances=HOLDS)


def test_the_name_of_an_open_order_is_taken_and_that_of_a_filled_one_is_free_again() -> None:
    async def scenario(on: World) -> None:
        named = {"clientOrderId": "once"}
        await on.client.create_order(BTC, "limit", "buy", 1, 90, named)
        assert await refused(on.client.create_order(BTC, "limit", "buy", 1, 90, named)) == "InvalidOrder -2010"
        await on.client.cancel_order(None, BTC, named)
        first = await on.client.create_order(BTC, "market", "buy", 1, None, named)
        second = await on.client.create_order(BTC, "market", "buy", 1, None, named)
        assert first["id"] != second["id"], "a client's name protects from no repetition"
        assert (await on.client.fetch_order(None, BTC, named))["id"] == second["id"]

    play(scenario)


def test_orders_and_trades_are_listed_by_time_and_by_number() -> None:
    async def scenario(on: World) -> None:
        for _ in range(3):
            await on.client.create_order(BTC, "market", "buy", 1)
            on.exchange.advance()
        orders, trades = await on.client.fetch_orders(BTC), await on.client.fetch_my_trades(BTC)
        assert [order["status"] for order in orders] == ["closed"] * 3
        assert [trade["order"] for trade in trades] == [order["id"] for order in orders]
        ask = on.client.fetch_my_trades
        assert await ask(BTC, trades[1]["timestamp"]) == trades[1:]
        assert await ask(BTC, None, None, {"fromId": trades[2]["id"]}) == trades[2:]
        assert await ask(BTC, None, None, {"orderId": orders[0]["id"]}) == trades[:1]

    play(scenario)


def test_all_open_orders_of_a_market_are_cancelled_and_none_is_an_error() -> None:
    async def scenario(on: World) -> None:
        for price in (90, 91):
            await on.client.create_order(BTC, "limit", "buy", 1, price)
        await on.client.cancel_all_orders(BTC)
        assert await on.client.fetch_open_orders(BTC) == []
        assert await refused(on.client.cancel_all_orders(BTC)) == "OrderNotFound -2011"

    play(scenario)


def test_an_order_of_the_wire_has_no_seal_and_no_venue_takes_it() -> None:
    wanted = {"side": "BUY", "type": "LIMIT", "quantity": "1", "price": "90", "timeInForce": "GTC"}
    order = exchange_of().place("BTCUSDT", read_order(wanted))
    assert order.status == "NEW"
    venue = SimulatedVenue({BTC: rules_of(BTC)}, settings_of(), Seal(b"the key of a journal"))
    report = asyncio.run(venue.submit(order.for_core(START, OrderKind.LIMIT)))
    assert "not signed" in report.states[0].note


def test_a_stop_below_a_gap_is_filled_at_the_open() -> None:
    async def scenario(on: World) -> None:
        await on.client.create_order(BTC, "market", "sell", 1, None, {"stopLossPrice": 97})
        await on.client.create_order(BTC, "limit", "sell", 1, 96, {"stopLossPrice": 97.5, "clientOrderId": "limited"})
        on.exchange.advance()
        assert [trade["price"] for trade in await on.client.fetch_my_trades(BTC)] == [89.99]
        assert (await on.client.fetch_order(None, BTC, {"clientOrderId": "limited"}))["status"] == "open", (
            "its limit was gapped"
        )

    play(scenario, (FLAT, "90 90 90 90", FLAT), balances=HOLDS)
