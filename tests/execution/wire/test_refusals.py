"""What the exchange refuses, in Binance's numbers, and what ccxt makes of it; a refused request changes nothing."""

import asyncio
import json
from typing import Any

import aiohttp
import ccxt
import pytest
from wire_support import World, world

from config.clock import SystemClock
from execution.wire.access import Key, Limits

BTC = "BTC/USDT"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "90"}


def play(scene: Any, **more: Any) -> None:
    async def main() -> None:
        async with world(**more) as running:
            await asyncio.wait_for(scene(running), 20)

    asyncio.run(main())


async def answer(on: World, asking: Any) -> tuple[int, str]:
    """The exchange's number, and the class of ccxt's error."""
    with pytest.raises(ccxt.BaseError) as caught:
        await asking
    return int(json.loads(on.client.last_http_response)["code"]), type(caught.value).__name__


def changed(**terms: str | None) -> dict[str, str]:
    """The order with other terms; None takes one out."""
    return {name: value for name, value in (ORDER | terms).items() if value is not None}


REFUSED = [
    (changed(quantity="0.0001"), -1013, "InvalidOrder"),
    (changed(quantity="1.0005"), -1013, "InvalidOrder"),
    (changed(price="90.001"), -1013, "InvalidOrder"),
    (changed(price="900"), -1013, "InvalidOrder"),
    (changed(quantity="0.001"), -1013, "BadRequest"),
    (changed(quantity="1000"), -2010, "InsufficientFunds"),
    (changed(quantity="-1"), -1100, "BadRequest"),
    (changed(quantity="1e3"), -1100, "BadRequest"),
    (changed(quantity="1.123456789"), -1111, "BadRequest"),
    (changed(price=None), -1102, "BadRequest"),
    (changed(side=None), -1102, "BadRequest"),
    (changed(stopPrice="80"), -1106, "BadRequest"),
    (changed(timeInForce="DAY"), -1115, "BadRequest"),
    (changed(type="ICEBERG"), -1116, "BadRequest"),
    (changed(side="HOLD"), -1117, "BadRequest"),
    (changed(symbol="ABCUSDT"), -1121, "BadSymbol"),
    (changed(newClientOrderId="a b"), -1100, "BadRequest"),
    (changed(newClientOrderId="a" * 37), -1100, "BadRequest"),
    (changed(nonsense="1"), -1104, "BadRequest"),
    (changed(recvWindow="60001"), -1131, "ExchangeError"),
    (changed(type="MARKET", price=None, timeInForce=None, quantity=None), -1102, "BadRequest"),
    (changed(type="MARKET", price=None, timeInForce=None, quantity=None, quoteOrderQty="4"), -1013, "BadRequest"),
]


@pytest.mark.parametrize(("order", "number", "error"), REFUSED, ids=str)
def test_an_order_that_breaks_a_rule_is_refused_with_its_number(order: dict[str, str], number: int, error: str) -> None:
    async def scene(on: World) -> None:
        assert await answer(on, on.client.private_post_order(order)) == (number, error)
        assert await answer(on, on.client.private_post_order_test(order)) == (number, error)
        assert (await on.client.fetch_balance())["USDT"]["used"] == 0.0

    play(scene)


def test_an_order_that_breaks_none_passes_the_trial_and_is_not_taken() -> None:
    async def scene(on: World) -> None:
        assert await on.client.private_post_order_test(ORDER) == {}
        assert on.exchange.ledger.open_orders() == []

    play(scene)


def test_no_more_stops_may_wait_in_a_market_than_binance_allows() -> None:
    async def scene(on: World) -> None:
        stop = changed(side="SELL", type="STOP_LOSS", price=None, timeInForce=None, stopPrice="90")
        for _ in range(5):
            await on.client.private_post_order(stop)
        assert await answer(on, on.client.private_post_order(stop)) == (-1013, "BadRequest")
        await on.client.create_order(BTC, "limit", "buy", 1, 90)
        rules = on.client.market(BTC)["info"]["filters"]
        assert {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5} in rules

    play(scene, balances={"USDT": "1000", "BTC": "10"})


def test_an_order_whose_answer_has_no_known_form_is_not_taken() -> None:
    async def scene(on: World) -> None:
        assert (await answer(on, on.client.private_post_order(changed(newOrderRespType="LONG"))))[0] == -1128
        assert on.exchange.ledger.open_orders() == []

    play(scene)


def test_a_stop_attached_as_a_dictionary_is_refused_and_the_entry_does_not_go_out_naked() -> None:
    async def scene(on: World) -> None:
        creating = on.client.create_order(BTC, "market", "buy", 1, None, {"stopLoss": {"triggerPrice": 90}})
        assert await answer(on, creating) == (-1104, "BadRequest")
        assert on.exchange.ledger.orders("BTCUSDT") == []

    play(scene)


@pytest.mark.parametrize(
    ("shape", "number", "error"),
    [
        ({"secret": "wrong"}, -1022, "AuthenticationError"),
        ({"apiKey": "unknown"}, -2015, "AuthenticationError"),
    ],
)
def test_a_wrong_key_or_secret_is_refused(shape: dict[str, str], number: int, error: str) -> None:
    async def scene(on: World) -> None:
        for name, value in shape.items():
            setattr(on.client, name, value)
        assert await answer(on, on.client.fetch_balance()) == (number, error)

    play(scene)


def test_a_request_without_key_signature_or_time_is_refused() -> None:
    async def scene(on: World) -> None:
        async with aiohttp.ClientSession() as session:
            for headers, query, number in (
                ({}, "timestamp=1&signature=x", -2014),
                ({"X-MBX-APIKEY": "simulator"}, "timestamp=1", -1102),
                ({"X-MBX-APIKEY": "simulator"}, "signature=1", -1102),
            ):
                async with session.get(f"{on.url}/api/v3/account?{query}", headers=headers) as reply:
                    assert (await reply.json())["code"] == number
            async with session.get(f"{on.url}/api/v3/nowhere") as reply:
                assert (reply.status, (await reply.json())["code"]) == (404, -1000)

    play(scene)


@pytest.mark.parametrize("off_ms", [-20_000, 20_000])
def test_a_client_whose_clock_is_wrong_is_refused_until_it_has_asked_for_the_time(off_ms: int) -> None:
    async def scene(on: World) -> None:
        nonce = on.client.milliseconds
        on.client.milliseconds = lambda: nonce() + off_ms
        assert await answer(on, on.client.fetch_balance()) == (-1021, "InvalidNonce")
        await on.client.load_time_difference()
        await on.client.fetch_balance()

    play(scene)


def test_a_key_that_may_only_read_trades_nothing_and_says_so() -> None:
    async def scene(on: World) -> None:
        await on.client.fetch_balance()
        assert await answer(on, on.client.private_post_order(ORDER)) == (-2015, "DDoSProtection")
        may = await on.client.sapi_get_account_apirestrictions()
        assert (may["enableSpotAndMarginTrading"], may["enableWithdrawals"]) == (False, False)

    play(scene, server={"keys": (Key("simulator", "simulator-secret", trades=False),)})


def test_too_many_orders_in_ten_seconds_are_refused_without_a_time_to_wait() -> None:
    async def scene(on: World) -> None:
        for number in range(3):
            await on.client.create_order(BTC, "limit", "buy", 1, 90 + number)
        headers = on.client.last_response_headers
        assert (headers["X-MBX-ORDER-COUNT-10S"], headers["X-MBX-ORDER-COUNT-1D"]) == ("3", "3")
        assert await answer(on, on.client.private_post_order(ORDER)) == (-1015, "DDoSProtection")
        assert "Retry-After" not in on.client.last_response_headers

    play(scene, server={"limits": Limits(SystemClock(), order_limit=3)})


def test_every_answer_says_what_weight_was_used() -> None:
    async def scene(on: World) -> None:
        used = []
        for asking in (on.client.fetch_time, on.client.fetch_balance):
            await asking()
            used.append(int(on.client.last_response_headers["X-MBX-USED-WEIGHT-1M"]))
        assert used == [1, 41], "a balance is asked for after the markets"

    play(scene)


def test_what_is_not_there_is_not_found() -> None:
    async def scene(on: World) -> None:
        await on.client.load_markets()
        assert await answer(on, on.client.fetch_order("77", BTC)) == (-2013, "OrderNotFound")
        assert await answer(on, on.client.cancel_order("77", BTC)) == (-2011, "OrderNotFound")
        order = await on.client.create_order(BTC, "market", "buy", 1)
        assert await answer(on, on.client.cancel_order(order["id"], BTC)) == (-2011, "OrderNotFound")
        assert (await answer(on, on.client.private_get_orderlist({"orderListId": "9"})))[0] == -2018
        assert (await answer(on, on.client.private_get_order({"symbol": "BTCUSDT"})))[0] == -1102
        assert (await answer(on, on.client.fetch_ohlcv(BTC, "1m")))[0] == -1120

    play(scene)
