"""One account at a real exchange: unmodified ccxt on loopback, against the simulator over the wire."""

import asyncio
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exchange_support import BTC, HANGS, LOSSES, QUICK, Trading, order_of, trading
from wire_support import FALLING, FLAT, exchange_of

from execution.wire.faults import Kind, Rule
from execution.wire.trading.wanted import Wanted

D = Decimal


def test_an_order_is_accepted_and_its_fill_is_heard_with_its_fee_in_the_coin_it_was_taken_in(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        assert await on.submit(order_of("a", "buy 1 market")) == "accepted"
        done = await on.until("a", "filled")
        (fill,) = on.fills
        assert (done.filled_quantity, fill.quantity, fill.fee, fill.fee_currency) == (1, 1, D("0.001"), "BTC")
        assert (fill.order_id, fill.decision_id, fill.trade_id, str(fill.liquidity)) == ("a", "d-a", "1", "taker")

    play(scenario)


def test_an_entry_with_a_limit_buys_up_to_it_and_the_rest_is_cancelled(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("a", "buy 30 market", cap="100.01"))
        state = await on.until("a", "cancelled", "filled")
        assert (state.status.value, state.filled_quantity) == ("cancelled", D(20))
        assert sum(fill.quantity for fill in on.fills) == 20
        (order,) = on.exchange.ledger.orders("BTCUSDT")
        assert (order.type, order.time_in_force) == ("LIMIT", "IOC")

    play(scenario)


@pytest.mark.parametrize("fault", [*LOSSES, *HANGS], ids=lambda each: f"{each.kind.value}-{each.status}")
def test_a_lost_answer_to_a_new_order_ends_in_exactly_one_order(play: Any, fault: Rule) -> None:
    async def scenario(on: Trading) -> None:
        on.lose("order.place", fault)
        assert await on.submit(order_of("a", "buy 1 market")) in ("accepted", "unknown")
        await on.until("a", "filled")
        assert (on.placed("a"), on.executed("a"), len(on.fills)) == (1, 1, 1)
        assert on.venue.closed() == {}

    play(scenario, pace=QUICK._replace(timeout_s=0.5))


@pytest.mark.parametrize("fault", [*LOSSES, *HANGS], ids=lambda each: f"{each.kind.value}-{each.status}")
def test_a_lost_answer_to_a_cancel_ends_in_the_final_state(play: Any, fault: Rule) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("a", "buy 1 limit 90"))
        on.lose("order.cancel", fault)
        assert await on.cancel("a") == "cancelled"
        assert on.exchange.ledger.open_orders() == []

    play(scenario, pace=QUICK._replace(timeout_s=0.5))


def test_an_order_that_arrives_after_the_first_looks_is_found_and_not_sent_again(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        on.lose("order.place", Rule(at="*", kind=Kind.LATE, seconds=0.3))
        await on.submit(order_of("a", "buy 1 market"))
        await on.until("a", "filled")
        assert on.placed("a") == 1

    play(scenario, pace=QUICK._replace(timeout_s=0.1))


def test_an_entry_that_was_turned_away_is_rejected_and_a_stop_is_sent_when_the_pause_is_over(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        on.lose("order.place", Rule(at="*", kind=Kind.TOO_MANY, seconds=1))
        assert await on.submit(order_of("again", "buy 1 market")) == "rejected"
        assert await on.submit(order_of("stop", "sell 0.999 stop 95")) == "accepted"
        assert on.placed("again") == 0

    play(scenario)


def test_a_cancel_of_an_order_that_was_filled_meanwhile_tells_the_fill(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("a", "buy 1 limit 90"))
        on.exchange.advance()
        assert await on.cancel("a") == "filled"
        assert sum(fill.quantity for fill in on.fills) == 1
        assert await on.cancel("a") == "filled"
        assert len(on.fills) == 1, "a fill is told once"

    play(scenario, (FALLING, FLAT, FLAT))


def test_two_orders_of_one_client_id_halt_the_market_and_the_fills_of_both_are_told(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("a", "buy 1 limit 90"))
        (first,) = on.exchange.ledger.open_orders()
        terms = {each.name: getattr(first, each.name) for each in fields(Wanted)}
        on.exchange.place("BTCUSDT", Wanted(**{**terms, "client_id": None})).client_id = first.client_id
        async with asyncio.timeout(60):
            while not on.venue.closed():
                await asyncio.sleep(0.02)
        assert "two orders" in on.venue.closed()[BTC].why
        assert await on.submit(order_of("b", "buy 1 limit 90")) == "rejected"
        on.exchange.advance()
        await on.until("a", "filled")
        assert sum(fill.quantity for fill in on.fills) == 2

    play(scenario, (FALLING, FLAT, FLAT))


def test_the_account_is_told_when_all_that_is_in_it_was_heard(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        start = await on.venue.account()
        assert start is not None
        assert (start.cash, start.held) == (10000, {})
        await on.submit(order_of("in", "buy 1 market"))
        async with asyncio.timeout(60):
            while on.venue._shelf.silent:
                await asyncio.sleep(0.01)
            assert await on.venue.account() is None, "its fill was not heard yet"
            await on.until("in", "filled")
            while (account := await on.venue.account()) is None:
                await asyncio.sleep(0.01)
        assert (account.cash, account.held) == (D("9899.99"), {BTC: D("0.999")})

    play(scenario)


def test_a_market_order_that_arrives_twice_halts_the_market_and_what_both_bought_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        exchange = exchange_of()
        exchange.now = lambda: datetime.now(UTC)
        async with trading(tmp_path, exchange=exchange) as on:
            on.lose("order.place", Rule(at="*", kind=Kind.TWICE))
            await on.submit(order_of("a", "buy 1 market"))
            async with asyncio.timeout(60):
                while sum(fill.quantity for fill in on.fills) < 2:
                    on.take(await on.venue.hear())
            assert (on.placed("a"), on.executed("a")) == (2, 2)
            assert "two orders" in on.venue.closed()[BTC].why

    asyncio.run(main())


def test_the_users_stream_says_when_to_look(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        await on.submit(order_of("stop", "sell 0.999 stop 95"))
        async with asyncio.timeout(60):
            while not on.server.streams.listeners:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        on.exchange.advance()
        await on.until("stop", "filled", within_s=30)

    play(scenario, (FALLING, FLAT, FLAT), pace=QUICK._replace(poll_s=3_600, idle_s=3_600))
