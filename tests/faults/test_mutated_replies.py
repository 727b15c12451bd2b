"""Mutated replies of exchanges, through the real parsing of ccxt and ours: no crash, and no value that cannot be true.

`MUTATED_REPLIES` says how many (`make faults`: 100,000). The replies are those of the simulator over the wire, and bodies of real
exchanges where they are on this machine.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import recorded_bodies
from distorted import distorted
from exchange_support import KEYS, order_of, trading
from fault_table import size
from loopback import loopback, tree
from questions import Market, mutate, remembered
from told_replies import Kept

from execution.venues.exchange.outcomes import Verdict

COUNT = size("MUTATED_REPLIES")
RECORDED: dict[Market, Callable[[], dict[str, Any]]] = {
    Market("binance", "LTC/BTC", "myOrder1", "1"): recorded_bodies.binance,
    Market("bybit", "BTC/USDT", "client-open-1", "8c065341-7b52-4ca9-ac2c-37e31ac55c94"): recorded_bodies.bybit,
    Market("kraken", "BTC/USDT", "a" * 32, "O26VBY-ISGAE-JP5TLU"): recorded_bodies.kraken,
    Market("okx", "BTC/USD", "client_order_123", "987654321"): recorded_bodies.okx,
}


def check(found: Counter[str], faults: list[str], count: int) -> None:
    """Nothing is wrong, and the replies were worth the name."""
    print(dict(found))
    assert faults[:5] == []
    assert found["replies"] >= count
    unanswered = (
        found["NoAnswer"] + found[Verdict.UNKNOWN]
    )  # an order that was sent has an unknown fate in place of no answer
    assert unanswered > 0.3 * found["questions"], "most of what is wrong is seen"
    assert found["read"] > 0.05 * found["questions"], "and some of it is read"
    assert all(found[f"mutation: {name}"] for name in ("dropped", "no number", "repeated", "cut", "another word"))


@pytest.mark.slow
def test_replies_of_the_simulator(tmp_path: Path) -> None:
    async def main() -> tuple[Counter[str], list[str]]:
        async with trading(tmp_path) as on:
            listening = asyncio.ensure_future(on.listen())
            await on.submit(order_of("in", "buy 2 market"))
            await on.submit(order_of("stop", "sell 1 stop 90"))
            await asyncio.sleep(0.2)
            listening.cancel()
            (order, *_) = on.exchange.ledger.orders("BTCUSDT")
            market = Market("binance", "BTC/USDT", order.client_id, str(order.number))
            kept = await remembered(market, on.server.url, tmp_path, KEYS)
            return await mutate(market, kept, on.server.url, tmp_path, COUNT // 2, seed=1)

    check(*asyncio.run(main()), COUNT // 2)


@pytest.mark.slow
@pytest.mark.skipif(not recorded_bodies.BODIES.is_dir(), reason=recorded_bodies.WHY_NOT)
@pytest.mark.parametrize("market", RECORDED, ids=lambda market: market.exchange)
def test_bodies_of_real_exchanges(market: Market, tmp_path: Path) -> None:
    routes = RECORDED[market]()

    async def main(url: str) -> tuple[Counter[str], list[str]]:
        kept: Kept = await remembered(market, url, tmp_path)
        return await mutate(market, kept, url, tmp_path, COUNT // 8, seed=2)

    with loopback() as server:
        server.routes.update({path: tree(answer) for path, answer in routes.items()})
        check(*asyncio.run(main(server.url)), COUNT // 8)


@pytest.mark.slow
def test_lives_of_orders_on_an_exchange_whose_answers_are_wrong(tmp_path: Path) -> None:
    found = Counter[str]()
    for seed in range(COUNT):
        found += distorted(tmp_path, seed, lives=24)
        if found["distorted"] >= COUNT // 40:
            break
    print(dict(found))
    wrong = ("crashes", "of nobody", "twice", "other than ordered", "unbalanced")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert found["distorted"] >= COUNT // 40
    assert found["orders"] > 8
    assert found["fills"] > 0
