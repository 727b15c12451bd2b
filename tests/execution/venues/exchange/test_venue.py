"""One account at a real exchange: unmodified ccxt on loopback, against the simulator over the wire."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exchange_support import BTC, HANGS, LOSSES, QUICK, Trading, opened, order_of, server_of, trading
from wire_support import FLAT, exchange_of, settings_of

from execution.wire.faults import Kind, Rule
from execution.wire.trading.wanted import Wanted

D = Decimal
FALLING = "100 100 80 82"
WIDE = "100 110 99 100"

Scenario = Callable[[Trading], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    """Runs a scenario on a fresh exchange."""

    def run(scenario: Scenario, *args: Any, **more: Any) -> None:
        async def main() -> None:
            async with trading(tmp_path, *args, **more) as on:
                await scenario(on)

        asyncio.run(main())

    return run


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


@pytest.mark.parametrize("fault", [*LOSSES, *HANGS], ids=lambda each: f"{each.kind.value}-{each.status}")
def test_a_lost_answer_to_a_new_order_ends_in_exactly_one_order(play: Any, fault: Rule) -> None:
    async def scenario(on: Trading) -> None:
        on.lose("order.place", fault)
        assert await on.submit(order_of("a", "buy 1 market")) in ("accepted", "unknown")
        await on.until("a", "filled")
        assert (on.placed("a"), on.executed("a"), len(on.fills)) == (1, 1, 1)
        assert on.venue.halted() == {}

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
            while not on.venue.halted():
                await asyncio.sleep(0.02)
        assert "two orders" in on.venue.halted()[BTC]
        assert await on.submit(order_of("b", "buy 1 limit 90")) == "rejected"
        on.exchange.advance()
        await on.until("a", "filled")
        assert sum(fill.quantity for fill in on.fills) == 2

    play(scenario, (FALLING, FLAT, FLAT))


def test_an_order_that_was_sent_before_a_crash_is_found_and_one_that_was_not_is_sent(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url:
            sent, lost = order_of("sent", "buy 1 market"), order_of("lost", "buy 1 market")
            async with opened(url, tmp_path) as before:
                await before.submit(sent)
            async with opened(url, tmp_path) as venue:
                on = Trading(venue, running, running.exchange, tmp_path)
                for order in (sent, lost):
                    assert on.take(await venue.settle(order)).states[0].status.value == "accepted"
                    await on.until(order.order_id, "filled")
                assert (on.placed("sent"), on.placed("lost")) == (1, 1)
                assert sorted(fill.order_id for fill in on.fills) == ["lost", "sent"]

    asyncio.run(main())


def test_after_a_restart_known_orders_go_on_and_what_was_booked_is_not_told_again(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of((FALLING, FLAT, FLAT)))
        async with running as url:
            async with opened(url, tmp_path) as venue:
                on = Trading(venue, running, running.exchange, tmp_path)
                await on.submit(order_of("in", "buy 1 market"))
                await on.until("in", "filled")
                stop, target = (
                    order_of("stop", "sell 0.999 stop 95", group="g"),
                    order_of("target", "sell 0.999 limit 105", group="g"),
                )
                await on.submit(stop)
                await on.submit(target)
            running.exchange.advance()
            async with opened(url, tmp_path) as venue:
                again = Trading(venue, running, running.exchange, tmp_path)
                venue.adopt((stop, target), {(BTC, fill.trade_id) for fill in on.fills}, {BTC: D("0.999")})
                assert await venue.open_orders() == (stop, target)
                assert await venue.foreign() == ()
                await again.until("stop", "filled")
                await again.until("target", "cancelled")
                assert [fill.order_id for fill in again.fills] == ["stop"]

    asyncio.run(main())


def test_an_open_order_of_another_session_on_this_account_is_foreign(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url:
            async with opened(url, tmp_path, run="another") as other:
                await other.submit(order_of("a", "buy 1 limit 90"))
            (resting,) = running.exchange.ledger.open_orders()
            async with opened(url, tmp_path) as venue:
                assert await venue.foreign() == (resting.client_id,)

    asyncio.run(main())


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
