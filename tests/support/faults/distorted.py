"""Lives of orders on an exchange whose answers arrive with something wrong, and the ledger that books what is believed."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

from exchange_support import QUICK, Trading, order_of, trading
from told_replies import Distorting
from wire_support import FLAT, exchange_of, settings_of

from config.errors import InvariantBroken
from execution.account.ledger import Ledger
from execution.venues.exchange.tracked import Phase

PACE = QUICK._replace(timeout_s=3.0, late_s=0.5, settle_s=0.2, cancel_s=2.0, patience_s=1.0, poll_s=0.1, frozen_s=600.0)
STEPS = (("in", "buy 0.06 market", "101"), ("stop", "sell 0.059 stop 90", None), ("out", "sell 0.05 market", None))


@dataclass
class World:
    """One exchange, a share of whose answers is wrong, and what was found."""

    on: Trading
    ledger: Ledger
    found: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    share: float = 0.4

    async def book(self) -> None:
        """Book every fill that is believed. A fill that cannot be true ends it, as it ends a session."""
        while True:
            report = self.on.take(await self.on.venue.hear())
            for fill in report.fills:
                self.found["fills"] += self.ledger.apply(fill)

    async def live(self, name: str) -> None:
        """Buy, protect, withdraw the protection and sell: each as far as the one before has come in a while."""
        for part, text, cap in STEPS:
            await self.on.submit(order_of(f"{name}-{part}", text, cap=cap))
            if part == "stop":
                self.on.take(await self.on.venue.cancel(f"{name}-{part}"))
            await self._done(f"{name}-{part}")

    async def _done(self, order_id: str) -> None:
        for _ in range(60):
            tracked = self.on.venue._shelf.of(order_id)
            if tracked is None or tracked.phase is Phase.DONE:
                return
            await asyncio.sleep(0.02)
        self.found["left behind"] += 1


def distorted(folder: Path, seed: int, lives: int) -> Counter[str]:
    """Live so many lives at once, and count what was wrong at the exchange afterwards."""

    async def main() -> Counter[str]:
        exchange = exchange_of((FLAT,) * 3, settings=settings_of(depth_fraction=1.0))
        async with trading(folder, pace=PACE, exchange=exchange) as on:
            world = World(on, Ledger(Decimal(10_000), "USDT", on.venue.instruments()))
            chance = Random(seed)
            for each in on.venue._client._wires.all:
                each.session = Distorting(each.session, lambda: world.share, chance, world.told)
            booking = asyncio.ensure_future(world.book())
            await asyncio.gather(*(world.live(f"{seed}-{number}") for number in range(lives)))
            world.share = 0.0
            await asyncio.sleep(0.5)
            booking.cancel()
            await asyncio.wait((booking,))
            fault = None if booking.cancelled() else booking.exception()
            world.found["stopped by the ledger"] = isinstance(fault, InvariantBroken)
            world.found["crashes"] = not isinstance(fault, InvariantBroken | None)
            world.found["distorted"] = world.told.total()
            _weigh(world, lives, seed)
            return world.found

    return asyncio.run(main())


def _weigh(world: World, lives: int, seed: int) -> None:
    """What is at the exchange, against what was ordered; and what is in the ledger, against its identity."""
    on, found = world.on, world.found
    wanted = {f"{seed}-{number}-{part}": text.split() for number in range(lives) for part, text, _ in STEPS}
    ids = on.venue._shelf.ids
    placed = Counter(ids.order_of(each.client_id) for each in on.exchange.ledger.orders("BTCUSDT"))
    found["orders"] = placed.total()
    found["of nobody"] = placed[None]
    found["twice"] = sum(often > 1 for often in placed.values())
    for each in on.exchange.ledger.orders("BTCUSDT"):
        side, quantity, *_ = wanted.get(ids.order_of(each.client_id) or "", ("", "0"))
        found["other than ordered"] += each.side.value != side or each.quantity > Decimal(quantity)
    ledger = world.ledger
    earned = ledger.starting_cash + ledger.realised + ledger.unrealised - ledger.fees - ledger.funding
    found["unbalanced"] = earned != ledger.equity
