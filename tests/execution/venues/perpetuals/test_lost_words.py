"""Answers that are lost, and a session that was away: no order twice, nothing unbooked, on perpetuals."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exchange_support import HANGS, LOSSES, QUICK
from perpetual_trading import PerpetualTrading, perpetual_opened, perpetual_order, perpetual_trading
from perpetual_wire import BTC, perpetual_exchange, perpetual_server
from wire_support import FLAT

from config.seeds import generator
from execution.reports import VenueReport
from execution.venues.continued import ContinuedVenue
from execution.venues.exchange.venue import ExchangeVenue
from execution.wire.faults import Faults, Rule, Scenario
from risk.order import Order, Purpose

D = Decimal
ENDPOINTS = (
    "order.place", "order.cancel", "order.status", "openOrders", "algoOrder.place", "algoOrder.cancel", "algoOrder.status",
    "openAlgoOrders", "userTrades", "account", "positionRisk", "income", "forceOrders", "positionSide", "symbolConfig",
)  # fmt: skip
AWAY = ["100 100 100 100", "100 101 99 100", "100 100 40 45", *("45 45 45 45",) * 3]


@pytest.mark.parametrize("fault", [*LOSSES, *HANGS], ids=lambda each: f"{each.kind.value}-{each.status}")
@pytest.mark.parametrize("what", ["market", "stop 90"])
def test_a_lost_answer_to_an_exit_ends_in_exactly_one_order(tmp_path: Path, fault: Rule, what: str) -> None:
    async def main() -> None:
        async with perpetual_trading(tmp_path, pace=QUICK._replace(timeout_s=0.5)) as on:
            await on.submit(perpetual_order("e", "open buy 2 market"))
            await on.until("e", "filled")
            on.lose("order.place" if what == "market" else "algoOrder.place", fault)
            assert await on.submit(perpetual_order("x", f"close sell 2 {what}")) in ("accepted", "unknown")
            await on.until("x", "filled" if what == "market" else "accepted")
            assert on.placed_all("x") == 1
            assert on.venue.closed() == {}

    asyncio.run(main())


async def _lives(folder: Path, seed: int, lives: int) -> list[str]:
    """Positions on both sides that are opened, protected, unprotected and closed, while answers are lost; what went wrong."""
    chance, wrong = generator(seed, "perpetual lives"), list[str]()
    share = 0.3 / len(LOSSES)
    rules = tuple(each.model_copy(update={"at": name, "chance": share}) for name in ENDPOINTS for each in LOSSES)
    async with perpetual_trading(folder, [FLAT] * 4, pace=QUICK._replace(timeout_s=0.5, late_s=1.0)) as on:
        on.server.faults = Faults(Scenario(seed=seed, faults=rules))
        listening = asyncio.create_task(on.listen())
        for number in range(lives):
            wrong += await _life(on, number, chance)
        on.server.faults = Faults(Scenario())
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return wrong


async def _life(on: PerpetualTrading, number: int, chance: np.random.Generator) -> list[str]:
    ways = ("buy", "sell") if chance.random() < 0.5 else ("sell", "buy")
    names = [f"{letter}{number}" for letter in "esx"]
    stop = "90" if ways[1] == "sell" else "110"
    for name, text in zip(
        names, (f"open {ways[0]} 1 market", f"close {ways[1]} 1 stop {stop}", f"close {ways[1]} 1 market"), strict=True
    ):
        on.take(await on.venue.submit(perpetual_order(name, text)))
        await _settled(on, name)
    on.take(await on.venue.cancel(names[1]))
    async with asyncio.timeout(120):
        while on.exchange.margins.positions[BTC].quantity or any(each.open for each in on.exchange.algos.values()):
            await asyncio.sleep(0.05)
    found = [f"{name} is there {on.placed_all(name)} times" for name in names if on.placed_all(name) != 1]
    booked = sum((fill.side.sign * fill.quantity for fill in on.fills), D(0))
    return (
        found
        if booked == on.exchange.margins.positions[BTC].quantity
        else [*found, f"{booked} are booked after {number}"]
    )


_OVER = {"filled", "cancelled", "rejected"}


async def _settled(on: PerpetualTrading, name: str) -> None:
    """Until an order is over, or a stop is known. The listener may tell the end before the answer, which says "accepted" first;
    the account takes no state of an order that is done."""
    wanted = _OVER if name[0] != "s" else _OVER | {"accepted", "partial"}
    async with asyncio.timeout(120):
        while not any(state.status.value in wanted for state in on.states.get(name, ())):
            await asyncio.sleep(0.02)


@pytest.mark.slow
def test_lives_on_both_sides_while_answers_are_lost_end_in_one_order_each(tmp_path: Path) -> None:
    assert asyncio.run(_lives(tmp_path, 1, 4)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_more_lives_while_answers_are_lost(tmp_path: Path, seed: int) -> None:
    assert asyncio.run(_lives(tmp_path, seed, 25)) == []


async def _back(venue: ExchangeVenue, order: str, held: str, booked: list[tuple[str, str]]) -> None:
    """A session comes back with what its journal knows."""
    venue.recall({BTC: "d-e"}, datetime.now(UTC) - timedelta(minutes=5), {})
    venue.adopt([perpetual_order("x", order)], booked, {BTC: D(held)})


@pytest.mark.slow
def test_a_liquidation_and_funding_while_the_session_was_away_are_booked_once(tmp_path: Path) -> None:
    exchange = perpetual_exchange(AWAY, rates={1: 0.0005})

    async def main() -> None:
        async with perpetual_server(exchange) as url:
            async with perpetual_opened(url, tmp_path) as venue:
                before = PerpetualTrading(venue, None, exchange, tmp_path)  # type: ignore[arg-type]
                await before.submit(perpetual_order("e", "open buy 40 market"))
                await before.until("e", "filled")
                await before.submit(perpetual_order("x", "close sell 40 stop 20"))
            exchange.advance()
            exchange.advance()
            exchange.advance()
            rules = venue.instruments()
            known = [(BTC, fill.trade_id) for fill in before.fills]
            async with perpetual_opened(url, tmp_path, known=rules) as venue:
                after = PerpetualTrading(venue, None, exchange, tmp_path)  # type: ignore[arg-type]
                await _back(venue, "close sell 40 stop 20", "40", known)
                await after.ask()
                await after.until("x", "cancelled")
                assert [fill.purpose for fill in after.fills] == [Purpose.LIQUIDATION]
                assert [paid.amount for paid in after.paid] == [D("2")]
                known += [(BTC, fill.trade_id) for fill in after.fills]
                known += [(BTC, paid.funding_id) for paid in after.paid]
            async with perpetual_opened(url, tmp_path, known=rules) as venue:
                again = PerpetualTrading(venue, None, exchange, tmp_path)  # type: ignore[arg-type]
                venue.recall({}, datetime.now(UTC) - timedelta(minutes=5), {})
                venue.adopt([], known, {})
                await again.ask()
                assert (again.fills, getattr(again, "paid", [])) == ([], [])

    asyncio.run(main())


def test_funding_that_falls_due_in_an_outage_is_booked_after_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with perpetual_trading(tmp_path, [FLAT] * 6, rates={1: 0.001, 2: -0.002}) as on:
            await on.submit(perpetual_order("e", "open buy 10 market"))
            await on.until("e", "filled")
            out = tuple(Rule(at=name, kind=LOSSES[1].kind, chance=1.0) for name in ENDPOINTS)
            on.server.faults = Faults(Scenario(faults=out))
            on.exchange.advance()
            on.exchange.advance()
            on.server.faults = Faults(Scenario())
            async with asyncio.timeout(30):
                while len(getattr(on, "paid", [])) < 2:
                    on.take(await on.venue.hear())
            assert [paid.amount for paid in on.paid] == [1, -2]
            assert len({paid.funding_id for paid in on.paid}) == 2

    asyncio.run(main())


class Journaled:
    """The words of a journal, repeated one after another; as `Past` and `RecordedVenue` are to a session that goes on."""

    unanswered = forgotten = frozenset[str]()

    def __init__(self, words: list[VenueReport]) -> None:
        self._words = list(words)

    @property
    def past(self) -> bool:
        return bool(self._words)

    async def submit(self, order: Order) -> VenueReport:
        return self._words.pop(0)

    async def hear(self) -> VenueReport:
        return self._words.pop(0)


class Nothing:
    """A ledger of one exchange that holds what it is told."""

    accounts = ()

    def __init__(self, held: str, fills: int) -> None:
        self._held, self.fills_booked = held, fills

    def owned_at(self, account: str) -> dict[str, Decimal]:
        return {BTC: D(self._held)}


@pytest.mark.slow
def test_a_market_that_was_deleveraged_is_still_closed_for_entries_when_the_session_comes_back(tmp_path: Path) -> None:
    exchange = perpetual_exchange([FLAT] * 6)

    async def main() -> None:
        async with perpetual_server(exchange) as url:
            words = list[VenueReport]()
            async with perpetual_opened(url, tmp_path) as venue:
                session = ContinuedVenue(venue, venue.instruments(), 60.0)
                words.append(await session.submit(perpetual_order("e", "open buy 6 market")))
                while not any(fill.order_id == "e" for word in words for fill in word.fills):
                    words.append(await venue.hear())
                exchange.deleverage(BTC, D(2))
                venue._listener._asked_s = venue._listener._checked_s = float("-inf")
                while not venue.closed():
                    await venue._listener.ask()
                    while venue._shelf._said:
                        words.append(await venue.hear())
                why = venue.closed()[BTC].why
            assert "auto-deleveraged" in why
            async with perpetual_opened(url, tmp_path, known=venue.instruments()) as back:
                told: Any = Journaled(words)
                again = ContinuedVenue(back, venue.instruments(), 60.0, told, told)
                ledger: Any = Nothing("4", sum(len(word.fills) for word in words))
                again.ledger = ledger
                await again.submit(perpetual_order("e", "open buy 6 market"))
                while told.past:
                    await again.hear()
                refused = await again.submit(perpetual_order("f", "open buy 1 market"))
                assert refused.states[-1].status.value == "rejected"
                said = [refused.close_only]
                while back._shelf._said:
                    said.append((await back.hear()).close_only)
                closed = [each for each in said if each is not None]
                assert closed
                assert {each[BTC].why for each in closed} == {why}, "it is never told to be open meanwhile"
                sold = await again.submit(perpetual_order("x", "close sell 4 market"))
                assert sold.states[-1].status.value == "accepted"

    asyncio.run(main())
