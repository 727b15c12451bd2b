"""Whole lives of orders on an exchange that loses answers: each order is at the exchange once, and all that it traded is told.

Every third signed request meets a fault: it never arrives, arrives late, or is answered by a page, by nothing, by half a body, by
an error that says nothing; or the line is cut after the exchange has taken it. Seeded; real ccxt on loopback.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from exchange_support import QUICK, Trading, losing, order_of, server_of, trading
from fault_table import size
from wire_support import FLAT, exchange_of, settings_of

from execution.venues.exchange.tracked import Phase
from execution.wire.faults import Faults, Scenario

D = Decimal
WORKERS = 40
PACE = QUICK._replace(
    timeout_s=5.0, longest_pause_s=0.15, late_s=2.0, settle_s=0.3, poll_s=0.2, cancel_s=20.0, patience_s=4.0, frozen_s=600.0,
)  # fmt: skip


async def _life(on: Trading, name: str, stops: asyncio.Semaphore) -> None:
    """Buy, protect, withdraw the protection, sell: each as far as the one before has come."""
    await on.submit(order_of(f"{name}-in", "buy 0.06 market", cap="101"))
    await _done(on, f"{name}-in")
    async with stops:
        await on.submit(order_of(f"{name}-stop", "sell 0.059 stop 90"))
        on.take(await on.venue.cancel(f"{name}-stop"))
        await _done(on, f"{name}-stop")
    await on.submit(order_of(f"{name}-out", "sell 0.059 market"))
    await _done(on, f"{name}-out")


async def _done(on: Trading, order_id: str) -> None:
    while (tracked := on.venue._shelf.of(order_id)) is not None and tracked.phase is not Phase.DONE:
        await asyncio.sleep(0.02)


async def _lives(on: Trading, seed: int, count: int) -> int:
    listening = asyncio.ensure_future(on.listen())
    stops = asyncio.Semaphore(5)  # Binance takes no more in one market
    names = iter([f"{seed}-{number}" for number in range(count)])

    async def work() -> None:
        for name in names:
            await _life(on, name, stops)

    await asyncio.gather(*(work() for _ in range(WORKERS)))
    on.server.faults, met = Faults(Scenario()), sum(on.server.faults.happened.values())
    await asyncio.sleep(1.0)
    listening.cancel()
    await asyncio.wait((listening,))
    assert listening.cancelled()
    return met


def lives(folder: Path, seed: int, count: int) -> Counter[str]:
    """Live so many lives; what was found, by name."""
    found: Counter[str] = Counter()

    async def main() -> None:
        exchange = exchange_of((FLAT,) * 3, settings=settings_of(depth_fraction=1.0))
        async with trading(folder, pace=PACE, server=server_of(exchange, losing(1 / 3, seed))) as on:
            found["faults"] = await _lives(on, seed, count)
            told = Counter[str]()
            for fill in on.fills:
                told[fill.order_id] += 1
            ids = on.venue._shelf.ids
            placed = Counter(ids.order_of(each.client_id) for each in exchange.ledger.orders("BTCUSDT"))
            assert None not in placed, "every order at the exchange is one of ours"
            for number in range(count):
                for part in ("in", "stop", "out"):
                    order_id = f"{seed}-{number}-{part}"
                    heard = sum((fill.quantity for fill in on.fills if fill.order_id == order_id), D(0))
                    found["orders"] += 1
                    found["sent"] += placed[order_id]
                    found["duplicates"] += placed[order_id] > 1
                    found["lost"] += on.executed(order_id) != heard
                    found["told twice"] += told[order_id] != len(
                        {fill.trade_id for fill in on.fills if fill.order_id == order_id}
                    )
                    found["without an end"] += on.venue._shelf.of(order_id) is None or (
                        on.venue._shelf.of(order_id).phase is not Phase.DONE  # type: ignore[union-attr]
                    )
            found["left open"] = len(exchange.ledger.open_orders())
            found["halted"] = len(on.venue.closed())
            held = exchange.purse.total("BTC")
            assert held == on.venue._shelf.owned("BTC/USDT"), "the coins that it counts are those at the exchange"

    asyncio.run(main())
    return found


def check(found: Counter[str], count: int) -> None:
    """No order twice, none lost, none without an end."""
    print(dict(found))
    wrong = ("duplicates", "lost", "told twice", "without an end", "left open", "halted")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert found["orders"] == 3 * count
    assert found["sent"] >= 2.5 * count
    assert found["faults"] > count


@pytest.mark.slow
def test_a_hundred_lives_with_lost_answers_have_no_order_twice_and_lose_none(tmp_path: Path) -> None:
    check(lives(tmp_path, seed=1, count=100), 100)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 2 + size("LOST_REPLY_SEEDS")))
def test_a_thousand_orders_a_seed(tmp_path: Path, seed: int, record_property: Callable[[str, object], None]) -> None:
    record_property("cases", 3 * 334)
    check(lives(tmp_path, seed=seed, count=334), 334)
