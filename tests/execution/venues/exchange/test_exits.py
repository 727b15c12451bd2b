"""Exits at a real exchange: stops that rest there, targets that are watched here, and nothing sold that is not ours."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from exchange_support import BTC, QUICK, Trading, order_of
from wire_support import FALLING, FLAT, WIDE, settings_of

from execution.venues.exchange.lines.line import Turn
from execution.wire.faults import Kind, Rule

D = Decimal


def test_a_stop_rests_at_the_exchange_and_its_fill_is_heard(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        assert await on.submit(order_of("stop", "sell 0.999 stop 95")) == "accepted"
        (resting,) = on.exchange.ledger.open_orders()
        assert (resting.type, resting.stop_price, resting.quantity) == ("STOP_LOSS", 95, D("0.999"))
        on.exchange.advance()
        assert (await on.until("stop", "filled")).filled_quantity == D("0.999")

    play(scenario, (FALLING, FLAT, FLAT))


def test_an_exit_is_cut_to_what_this_account_bought_and_other_coins_are_never_sold(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        assert await on.submit(order_of("early", "sell 1 market")) == "rejected"
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        await on.submit(order_of("out", "sell 5 market"))
        assert (await on.until("out", "filled")).filled_quantity == D("0.999")
        assert await on.submit(order_of("more", "sell 1 stop 90")) == "rejected"
        assert on.exchange.purse.total("BTC") == D(7), "the seven coins that were there before"

    play(scenario, balances={"USDT": "10000", "BTC": "7"})


def test_what_a_stop_binds_is_not_sold_a_second_time(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        await on.submit(order_of("one", "sell 0.6 stop 95"))
        assert await on.submit(order_of("two", "sell 0.6 stop 94")) == "rejected"
        assert await on.submit(order_of("three", "sell 0.6 market")) == "accepted"
        await on.until("three", "filled")
        assert [order.quantity for order in on.exchange.ledger.open_orders()] == [D("0.6")]
        assert on.executed("three") == D("0.399")

    play(scenario, balances={"USDT": "10000", "BTC": "7"})


def test_a_target_is_watched_and_sold_in_the_place_of_its_stop(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        await on.submit(order_of("stop", "sell 0.5 stop 95", group="g"))
        assert await on.submit(order_of("target", "sell 0.5 limit 105", group="g")) == "accepted"
        await on.submit(order_of("rest", "sell 0.499 stop 95"))
        assert len(on.exchange.ledger.open_orders()) == 2, "the target is not at the exchange"
        for _ in range(2):
            on.exchange.step()
        assert (await on.until("target", "filled")).filled_quantity == D("0.5")
        assert min(fill.price for fill in on.fills if fill.order_id == "target") >= 105
        assert (await on.until("stop", "cancelled")).filled_quantity == 0
        assert [order.quantity for order in on.exchange.ledger.open_orders()] == [D("0.499")]

    play(scenario, (WIDE, FLAT))


def test_what_a_target_could_not_sell_gets_its_stop_again(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 5 market"))
        await on.until("in", "cancelled")
        await on.submit(order_of("stop", "sell 4 stop 95", group="g"))
        await on.submit(order_of("target", "sell 4 limit 109.9", group="g"))
        for _ in range(2):
            on.exchange.step()
        partial = await on.until("target", "partial")
        await on.until("stop", "accepted")
        async with asyncio.timeout(60):
            while not on.exchange.ledger.open_orders():
                await asyncio.sleep(0.02)
        (again,) = on.exchange.ledger.open_orders()
        assert (partial.filled_quantity, again.quantity, again.stop_price) == (1, D("1.997"), 95)

    play(scenario, ("100 110 99 110", "110 110 110 110"), settings=settings_of(depth_fraction=0.003, levels=3))


def test_a_stop_that_was_filled_ends_its_target(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        await on.submit(order_of("stop", "sell 0.999 stop 95", group="g"))
        await on.submit(order_of("target", "sell 0.999 limit 105", group="g"))
        on.exchange.advance()
        await on.until("stop", "filled")
        assert (await on.until("target", "cancelled")).filled_quantity == 0
        assert await on.cancel("target") == "cancelled"

    play(scenario, (FALLING, FLAT, FLAT))


def test_a_stop_at_a_limit_that_is_not_filled_is_sold_at_market(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        on.venue._rules[BTC] = on.venue._rules[BTC]._replace(stops_at_market=False)
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        await on.submit(order_of("stop", "sell 0.999 stop 95"))
        (resting,) = on.exchange.ledger.open_orders()
        assert (resting.type, resting.stop_price, resting.price) == ("STOP_LOSS_LIMIT", 95, D("94.52"))
        on.exchange.advance()
        state = await on.until("stop", "filled")
        assert state.filled_quantity == D("0.999")
        assert {order.type for order in on.exchange.ledger.orders("BTCUSDT")} == {"MARKET", "STOP_LOSS_LIMIT"}
        assert max(fill.price for fill in on.fills if fill.order_id == "stop") < D("94.52")

    play(scenario, (FLAT, "80 80 80 80", "80 80 80 80"))


def test_an_exit_that_was_rejected_for_its_time_stamp_is_sent_again_with_the_right_one(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        on.server.answering.access.skew_ms = 60_000
        assert await on.submit(order_of("late", "buy 1 market")) == "rejected"
        on.server.answering.access.skew_ms = -60_000
        assert await on.submit(order_of("stop", "sell 0.999 stop 95")) == "accepted"
        assert (on.placed("late"), on.placed("stop")) == (0, 1)

    play(scenario)


def test_an_exit_that_is_told_to_be_rejected_for_its_time_stamp_and_was_filled_is_not_sent_a_second_time(
    play: Any,
) -> None:
    """The answer is wrong. Sent again, it would sell what is not ours, or a part twice."""

    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        wrong = '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}'
        on.lose("order.place", Rule(at="*", kind=Kind.ANSWER, status=400, body=wrong, done=True))
        await on.submit(order_of("out", "sell 0.4 market"))
        await on.until("out", "filled")
        assert on.placed("out") == 1
        assert [fill.quantity for fill in on.fills if fill.order_id == "out"] == [D("0.4")]

    play(scenario)


LATEST_S = 0.1


@pytest.mark.parametrize("line", ["data", "trading", "exits"])
def test_a_cancel_is_on_the_wire_at_once_behind_five_hundred_questions(play: Any, line: str) -> None:
    async def scenario(on: Trading) -> None:
        for name in ("a", "b", "c"):
            await on.submit(order_of(name, "buy 1 limit 90"))
        loop, wires = asyncio.get_running_loop(), on.venue._client._wires
        asked = getattr(wires, line)
        flood = [asyncio.ensure_future(asked.ask("x", lambda ccxt: ccxt.fetch_my_trades(BTC))) for _ in range(500)]
        sent = list[float]()
        fetch = wires.urgent.ccxt.fetch

        async def noted(*args: Any, **more: Any) -> Any:
            sent.append(loop.time() - begun_s)
            return await fetch(*args, **more)

        wires.urgent.ccxt.fetch = noted
        await asyncio.sleep(0.2)
        for name in ("a", "b", "c"):  # one may meet a pause of the machine
            begun_s = loop.time()
            assert await on.cancel(name) == "cancelled"
        waiting = sum(not each.done() for each in flood)
        for each in flood:
            each.cancel()
        await asyncio.wait(flood)
        print(
            f"on the wire after {min(sent) * 1000:.0f} to {max(sent) * 1000:.0f} ms behind {waiting} questions ({line})"
        )
        assert waiting > 300
        assert min(sent) < LATEST_S

    play(scenario, pace=QUICK._replace(throttled=True))


def test_exits_go_first_where_one_request_at_a_time_is_let_through() -> None:
    async def scenario() -> None:
        turn, went = Turn(), list[str]()

        async def go(name: str, *, exits: bool) -> None:
            async with turn.taken(exits=exits):
                went.append(name)
                await asyncio.sleep(0.01)

        others = [asyncio.ensure_future(go(f"other {n}", exits=False)) for n in range(4)]
        await asyncio.sleep(0)
        others[2].cancel()
        exits = [asyncio.ensure_future(go(f"exit {n}", exits=True)) for n in range(2)]
        await asyncio.wait([*others, *exits])
        assert went == ["other 0", "exit 0", "exit 1", "other 1", "other 3"]
        await go("last", exits=False)
        assert went[-1] == "last"

    asyncio.run(scenario())
