"""The websockets, as ccxt.pro reads them: orders, balances, books, klines and trades, and requests by message."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import ccxt
import pytest
from wire_support import FLAT, World, world

from execution.wire.faults import Kind, Rule, Scenario

BTC = "BTC/USDT"
WIDE = "100 110 90 100"
HOLDS = {"USDT": "10000", "BTC": "10"}
Scene = Callable[[World], Awaitable[None]]


def play(scene: Scene, *args: Any, faults: tuple[Rule, ...] = (), **more: Any) -> None:
    """Run a scene with ccxt.pro on an exchange with these bars."""

    async def main() -> None:
        async with world(*args, pro=True, server={"scenario": Scenario(faults=faults)}, **more) as running:
            await asyncio.wait_for(scene(running), 20)

    asyncio.run(main())


async def next_of(watching: Awaitable[Any]) -> Any:
    """What the next message of a stream brings."""
    return await asyncio.wait_for(watching, 5)


async def listening(on: World, watch: Callable[..., Awaitable[Any]], *args: Any) -> "asyncio.Task[Any]":
    """A wait for the next message that has reached the exchange."""
    waiting = asyncio.ensure_future(watch(*args))
    await until(lambda: on.server.streams.listeners == 1)
    return waiting


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never held")


def test_an_order_is_told_as_it_is_taken_traded_and_ended() -> None:
    async def scene(on: World) -> None:
        waiting = await listening(on, on.client.watch_orders, BTC)
        await on.client.create_order(BTC, "limit", "buy", 2, 95, {"clientOrderId": "mine"})
        (order,) = await next_of(waiting)
        assert (order["status"], order["clientOrderId"], order["filled"]) == ("open", "mine", 0.0)
        waiting = asyncio.ensure_future(on.client.watch_orders(BTC))
        await asyncio.sleep(0)
        on.exchange.advance()
        order = (await next_of(waiting))[-1]
        assert (order["status"], order["filled"], order["average"]) == ("closed", 2.0, 95.0)

    play(scene, (WIDE,) * 3)


def test_a_trade_of_the_account_is_told_with_its_fee() -> None:
    async def scene(on: World) -> None:
        waiting = await listening(on, on.client.watch_my_trades, BTC)
        await on.client.create_order(BTC, "market", "buy", 1)
        (trade,) = await next_of(waiting)
        (known,) = await on.client.fetch_my_trades(BTC)
        for field in ("id", "order", "price", "amount", "side", "takerOrMaker", "fee"):
            assert trade[field] == known[field]

    play(scene)


def test_balances_are_told_as_they_change() -> None:
    async def scene(on: World) -> None:
        waiting = await listening(on, on.client.watch_balance)
        await on.client.create_order(BTC, "limit", "buy", 1, 90)
        told = await next_of(waiting)
        assert told["USDT"] == {"free": 9910.0, "used": 90.0, "total": 10000.0}

    play(scene)


def test_the_book_of_the_stream_is_that_of_the_snapshot_after_every_move() -> None:
    async def scene(on: World) -> None:
        await next_of(on.client.watch_order_book(BTC))
        for _ in range(4):
            waiting = asyncio.ensure_future(on.client.watch_order_book(BTC))
            await asyncio.sleep(0)
            on.exchange.step()
            streamed, asked = await next_of(waiting), await on.client.fetch_order_book(BTC)
            assert (list(streamed["bids"]), list(streamed["asks"])) == (asked["bids"], asked["asks"])
            assert streamed["nonce"] == asked["nonce"]

    play(scene, (WIDE, "101 103 99 100", FLAT))


def test_klines_are_told_as_they_form_and_once_more_when_they_have_closed() -> None:
    async def scene(on: World) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{on.url}/ws/btcusdt@kline_1h") as socket:
            await until(lambda: on.server.streams.feeds == 1)
            on.exchange.advance()
            told = [(await socket.receive_json(timeout=60))["k"] for _ in range(4)]
            assert [(float(row["l"]), float(row["h"]), float(row["c"]), row["x"]) for row in told] == [
                (90.0, 100.0, 90.0, False),
                (90.0, 110.0, 110.0, False),
                (90.0, 110.0, 100.0, True),
                (100.0, 100.0, 100.0, False),
            ]
            assert told[3]["t"] == told[2]["T"] + 1

    play(scene, (WIDE, FLAT, FLAT))


def test_ccxt_reads_klines_and_trades_from_the_stream() -> None:
    async def scene(on: World) -> None:
        await on.client.load_markets()
        bars = asyncio.ensure_future(on.client.watch_ohlcv(BTC, "1h"))
        trades = asyncio.ensure_future(on.client.watch_trades(BTC))
        await until(lambda: on.server.streams.feeds == 2)
        on.exchange.step()
        assert (await next_of(bars))[-1][1:5] == [100.0, 100.0, 90.0, 90.0]
        assert (await next_of(trades))[-1]["price"] == 90.0

    play(scene, (WIDE, FLAT, FLAT))


def test_orders_can_be_placed_asked_for_and_cancelled_by_message() -> None:
    async def scene(on: World) -> None:
        order = await on.client.create_order_ws(BTC, "limit", "buy", 1, 90, {"newClientOrderId": "by-message"})
        assert (await on.client.fetch_order_ws(order["id"], BTC))["status"] == "open"
        assert (await on.client.cancel_order_ws(order["id"], BTC))["status"] == "canceled"
        with pytest.raises(ccxt.InsufficientFunds):
            await on.client.create_order_ws(BTC, "limit", "buy", 1000, 90)

    play(scene)


def test_a_user_stream_with_a_wrong_signature_is_refused() -> None:
    async def scene(on: World) -> None:
        signed = on.client.sign_params({})
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{on.url}/ws-api/v3") as socket:
            await socket.send_json({"id": 1, "method": "userDataStream.subscribe.signature", "params": signed})
            told = await socket.receive_json(timeout=60)
            assert (told["status"], told["error"]["code"]) == (400, -1022)
            assert on.server.streams.listeners == 0

    play(scene, client={"secret": "wrong"})


def test_a_stream_that_does_not_exist_is_refused() -> None:
    async def scene(on: World) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{on.url}/stream") as socket:
            await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@nonsense"], "id": 7})
            assert (await socket.receive_json(timeout=60))["error"]["code"] == 2
            await socket.send_str("no json")
            assert (await socket.receive_json(timeout=60))["error"]["code"] == 3
            await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 8})
            assert await socket.receive_json(timeout=60) == {"result": None, "id": 8}
            on.exchange.step()
            assert (await socket.receive_json(timeout=60))["stream"] == "btcusdt@bookTicker"

    play(scene)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (None, ["a", "b", "c"]),
        (Kind.LOSE, ["a", "c"]),
        (Kind.DUPLICATE, ["a", "b", "b", "c"]),
        (Kind.SWAP, ["a", "c", "b"]),
        (Kind.DROP, ["a"]),
        (Kind.SILENCE, ["a"]),
    ],
)
def test_a_fault_loses_repeats_or_exchanges_one_event(kind: Kind | None, told: list[str]) -> None:
    async def scene(on: World) -> None:
        heard = list[str]()
        signed = on.client.sign_params({})
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{on.url}/ws-api/v3") as socket:
            await socket.send_json({"id": 1, "method": "userDataStream.subscribe.signature", "params": signed})
            assert (await socket.receive_json(timeout=60))["result"] == {"subscriptionId": 0}
            for name in ("a", "b", "c"):
                on.server.streams.event({"e": "test", "c": name})
            if kind is not Kind.DROP:
                await socket.send_json({"id": 2, "method": "ping"})
            while True:
                message = await socket.receive(timeout=60)
                if message.type is not aiohttp.WSMsgType.TEXT or "event" not in message.json():
                    break
                heard.append(message.json()["event"]["c"])
        assert heard == told

    play(scene, faults=() if kind is None else (Rule(at="event", kind=kind, nth=(2,)),))


def test_a_book_whose_stream_has_lost_a_message_is_refused_by_the_client_and_begun_anew() -> None:
    async def moved(on: World) -> Any:
        waiting = asyncio.ensure_future(on.client.watch_order_book(BTC))
        await asyncio.sleep(0.05)
        on.exchange.step()
        on.exchange.step()
        return await next_of(waiting)

    async def scene(on: World) -> None:
        await next_of(on.client.watch_order_book(BTC))
        with pytest.raises(ccxt.ChecksumError):
            await moved(on)
        assert (await moved(on))["bids"]
        asked = await on.client.fetch_order_book(BTC)
        await until(lambda: list(on.client.orderbooks[BTC]["bids"]) == asked["bids"])

    play(scene, (WIDE,) * 3, faults=(Rule(at="stream", kind=Kind.LOSE, nth=(1,)),))


def test_what_was_told_while_a_client_was_away_is_never_told_again() -> None:
    async def scene(on: World) -> None:
        waiting = await listening(on, on.client.watch_orders, BTC)
        first = await on.client.create_order(BTC, "limit", "buy", 1, 90)
        assert [order["id"] for order in await next_of(waiting)] == [first["id"]]
        await until(lambda: on.server.streams.listeners == 0)
        missed = await on.client.create_order(BTC, "limit", "buy", 1, 91)
        waiting = await listening(on, on.client.watch_orders, BTC)
        last = await on.client.create_order(BTC, "limit", "buy", 1, 92)
        heard = {order["id"] for order in await next_of(waiting)}
        assert last["id"] in heard
        assert missed["id"] not in heard
        assert {order["id"] for order in await on.client.fetch_open_orders(BTC)} == {
            first["id"],
            missed["id"],
            last["id"],
        }

    play(scene, faults=(Rule(at="event", kind=Kind.DROP, nth=(2,)),))
