"""A session at a real exchange that was broken off: what was sent is found, and nothing is sent or told twice."""

import asyncio
import math
from decimal import Decimal
from pathlib import Path

import pytest
from exchange_support import BTC, Trading, opened, order_of, server_of
from wire_support import FALLING, FLAT, exchange_of

D = Decimal


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_order_that_was_filled_before_its_fate_was_asked_for_is_found_by_its_trades_and_told_once(
    tmp_path: Path,
) -> None:
    """The first look after the restart sees its trade before anything was asked of it."""

    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url:
            sent = order_of("sent", "buy 1 market")
            async with opened(url, tmp_path) as before:
                on = Trading(before, running, running.exchange, tmp_path)
                await on.submit(sent)
                await on.until("sent", "filled")
            async with opened(url, tmp_path) as venue:
                again = Trading(venue, running, running.exchange, tmp_path)
                venue.adopt((sent,), set(), {})
                venue._listener._swept_s = -math.inf
                await venue._listener.ask()
                await again.until("sent", "filled")
                assert [fill.order_id for fill in again.fills] == ["sent"]
                assert again.placed("sent") == 1

    asyncio.run(main())


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_stop_that_was_sent_beside_a_pair_before_a_crash_is_found_and_not_refused_for_want_of_coins(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url:
            pair = (
                order_of("stop", "sell 0.499 stop 90", group="g"),
                order_of("target", "sell 0.499 limit 120", group="g"),
            )
            rest = order_of("rest", "sell 0.5 stop 90")
            async with opened(url, tmp_path) as venue:
                on = Trading(venue, running, running.exchange, tmp_path)
                await on.submit(order_of("in", "buy 1 market"))
                await on.until("in", "filled")
                for order in (*pair, rest):
                    await on.submit(order)
                await on.until("rest", "accepted")
            async with opened(url, tmp_path) as venue:
                again = Trading(venue, running, running.exchange, tmp_path)
                venue.adopt(pair, {(BTC, fill.trade_id) for fill in on.fills}, {BTC: D("0.999")})
                assert again.take(await venue.settle(rest)).states[0].status.value == "accepted"
                assert again.placed("rest") == 1

    asyncio.run(main())


def test_an_order_of_the_journal_that_never_arrived_ends_when_it_cannot_arrive_any_more(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url, opened(url, tmp_path) as venue:
            on = Trading(venue, running, running.exchange, tmp_path)
            venue.adopt((order_of("lost", "buy 1 limit 90"),), (), {})
            assert (await on.until("lost", "rejected")).note == "the exchange does not know it"
            assert venue.closed() == {}

    asyncio.run(main())


@pytest.mark.slow
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
