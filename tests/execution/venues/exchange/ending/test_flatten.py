"""The emergency stop at a real exchange: it ends flat although the fate of an exit is unknown, and sells no foreign coin.

The exchange answers creations, cancels and lists of trades here, and never how an order stands.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from exchange_support import QUICK, Trading, order_of, trading
from wire_support import FLAT

from execution.wire.faults import Faults, Kind, Rule, Scenario

D = Decimal
SOON = QUICK._replace(timeout_s=0.5, settle_s=0.1, late_s=0.5, patience_s=0.4, cancel_s=8.0, retries=10_000.0)
BOUND_S = 8.0
"""`late_s`, `margin_s` and two answers, each after `patience_s` at most: 2 s here on an idle machine."""
MARKET_TIME = datetime(2024, 1, 1, tzinfo=UTC)
"""That of the exchange's trades, whose market stands."""
MUTE = tuple(Rule(at=name, kind=Kind.STATUS, status=502, chance=1.0) for name in ("order.status", "openOrders"))


def play(tmp_path: Path, scenario: Callable[[Trading], Awaitable[None]]) -> None:
    async def main() -> None:
        async with trading(tmp_path, (FLAT,), pace=SOON, balances={"USDT": "10000", "BTC": "7"}) as on:
            await on.submit(order_of("in", "buy 1 market"))
            await on.until("in", "filled")
            await scenario(on)

    asyncio.run(main())


def lose(on: Trading, kind: Kind) -> None:
    """The next order meets this, and from now on nothing is told of how orders stand."""
    on.server.faults = Faults(Scenario(faults=(Rule(at="order.place", kind=kind, nth=(1,)), *MUTE)))


@pytest.mark.parametrize("kind", [Kind.RESET, Kind.LOST_REPLY])
def test_a_stop_of_unknown_fate_is_cancelled_and_what_is_ours_is_sold_in_seconds(tmp_path: Path, kind: Kind) -> None:
    async def scenario(on: Trading) -> None:
        lose(on, kind)
        assert await on.submit(order_of("stop", "sell 0.999 stop 95", at=MARKET_TIME)) == "unknown"
        begun_s = asyncio.get_running_loop().time()
        assert await on.cancel("stop") in ("cancelled", "rejected")
        assert on.exchange.ledger.open_orders() == []
        await on.submit(order_of("out", "sell 0.999 market"))
        await on.until("out", "filled")
        assert asyncio.get_running_loop().time() - begun_s < BOUND_S
        assert on.exchange.purse.total("BTC") == D(7), "the seven coins that were there before"

    play(tmp_path, scenario)


@pytest.mark.slow
def test_a_sale_of_unknown_fate_that_was_filled_is_not_repeated(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        lose(on, Kind.LOST_REPLY)
        assert await on.submit(order_of("out", "sell 0.999 market", at=MARKET_TIME)) == "unknown"
        assert await on.cancel("out") == "unknown", "a trade is there of which nobody says whose it is"
        assert await on.submit(order_of("again", "sell 0.999 market")) == "rejected"
        assert on.exchange.purse.total("BTC") == D(7)
        on.server.faults = Faults(Scenario())
        await on.until("out", "filled")
        assert on.placed("again") == 0

    play(tmp_path, scenario)


def test_a_sale_of_unknown_fate_that_never_arrived_is_proven_absent_and_not_sent_again_by_itself(
    tmp_path: Path,
) -> None:
    async def scenario(on: Trading) -> None:
        lose(on, Kind.RESET)
        assert await on.submit(order_of("out", "sell 0.999 market", at=MARKET_TIME)) == "unknown"
        assert await on.cancel("out") in ("cancelled", "rejected")
        assert on.executed("out") == 0
        assert await on.submit(order_of("again", "sell 0.999 market")) == "accepted"
        await on.until("again", "filled")
        assert on.exchange.purse.total("BTC") == D(7)

    play(tmp_path, scenario)
