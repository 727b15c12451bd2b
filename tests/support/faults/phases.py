"""Many orders' lives step by step on one exchange, while one step meets a row's faults; and what must hold after each event.

Every report that is heard is booked and weighed at once: no order is at the exchange twice, none is larger than ordered, nothing
is sold that was not bought here, and the ledger balances. At the end of a step each order has an end or its stop is at the
exchange; at the end of all, money and coins are the same there and here, and foreign coins are untouched.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from exchange_support import QUICK, Trading, order_of, server_of, trading
from matrix import Row, Step
from wire_support import FLAT, exchange_of, settings_of

from execution.account.ledger import Ledger
from execution.reports import VenueReport
from execution.venues.exchange.tracked import Phase
from execution.wire.faults import Faults, Scenario

FOREIGN = Decimal("1.5")
STOPS_AT_ONCE = 5
"""Binance takes no more in one market."""
PACE = QUICK._replace(
    timeout_s=1.5, late_s=0.4, settle_s=0.3, cancel_s=20.0, patience_s=3.0, frozen_s=600.0, poll_s=0.1
)
WAIT_S = 45.0


@dataclass
class Weighed:
    """One exchange, and all that was booked and found."""

    on: Trading
    ledger: Ledger
    orders: dict[str, Decimal] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    events: int = 0

    async def listen(self) -> None:
        while True:
            self.take(await self.on.venue.hear())

    def take(self, report: VenueReport) -> None:
        """Book a report, and weigh all."""
        self.on.take(report)
        for fill in report.fills:
            self.ledger.apply(fill)
        self.events += 1
        at_exchange = self.on.exchange.ledger.orders("BTCUSDT")
        ids = self.on.venue._shelf.ids
        often = Counter(each.client_id for each in at_exchange)
        self.wrong += [f"{client_id} is there {count} times" for client_id, count in often.items() if count > 1]
        for each in at_exchange:
            most = self.orders.get(ids.order_of(each.client_id) or "", Decimal(0))
            if each.quantity > most:
                self.wrong.append(f"{each.client_id} is for {each.quantity}, ordered {most}")
        if self.on.exchange.purse.total("BTC") < FOREIGN:
            self.wrong.append("foreign coins are sold")
        earned = self.ledger.starting_cash + self.ledger.realised + self.ledger.unrealised - self.ledger.fees
        if earned != self.ledger.equity:
            self.wrong.append("the ledger does not balance")

    async def connected(self) -> None:
        """Until the user's stream is there, so that its faults can happen; it comes back by itself."""
        async with asyncio.timeout(WAIT_S):
            while not self.on.server.streams.listeners:
                await asyncio.sleep(0.02)

    async def submit(self, order_id: str, text: str, cap: str | None = None) -> None:
        self.orders[order_id] = Decimal(text.split()[1])
        self.take(await self.on.venue.submit(order_of(order_id, text, cap=cap)))

    async def cancel(self, order_id: str) -> None:
        self.take(await self.on.venue.cancel(order_id))

    async def until(self, order_id: str, *, resting: bool = False) -> None:
        """Until an order is done, or rests."""
        try:
            async with asyncio.timeout(WAIT_S):
                while (tracked := self.on.venue._shelf.of(order_id)) is not None and tracked.phase is not Phase.DONE:
                    if resting and tracked.phase is Phase.LIVE:
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            self.wrong.append(f"{order_id} has no end")

    def is_protected(self, order_id: str) -> None:
        """A stop that is said to rest is at the exchange, whole."""
        tracked = self.on.venue._shelf.of(order_id)
        if tracked is None or tracked.phase is not Phase.LIVE:
            return  # refused, for there was nothing to protect
        ids = self.on.venue._shelf.ids
        open_ones = [
            each for each in self.on.exchange.ledger.open_orders("BTCUSDT") if ids.order_of(each.client_id) == order_id
        ]
        if sum((each.quantity for each in open_ones), Decimal(0)) != tracked.quantity:
            self.wrong.append(f"{order_id} does not rest at the exchange")


def stepped(folder: Path, row: Row, faulty: Step, seed: int, lives: int) -> Weighed:
    """So many lives, of which one step meets the row's faults."""

    async def main() -> Weighed:
        balances = {"USDT": "10000", "BTC": str(FOREIGN)}
        exchange = exchange_of((FLAT,) * 3, settings=settings_of(depth_fraction=1.0), balances=balances)
        async with trading(folder, pace=PACE, server=server_of(exchange)) as on:
            weighed = Weighed(on, Ledger(Decimal(10_000), "USDT", on.venue.instruments()))
            listening = asyncio.ensure_future(weighed.listen())
            names = [f"{seed}-{number}" for number in range(lives)]
            scenario = Scenario(seed=seed, faults=row.at(faulty))
            await _live(weighed, names, faulty, scenario)
            await asyncio.sleep(0.5)
            listening.cancel()
            await asyncio.wait((listening,))
            if not listening.cancelled():
                weighed.wrong.append(f"hearing ended with {listening.exception()!r}")
            _same_there_and_here(weighed)
            return weighed

    return asyncio.run(main())


async def _live(weighed: Weighed, names: list[str], faulty: Step, scenario: Scenario) -> None:
    async def step(which: Step, name: str) -> None:
        match which:
            case Step.ENTRY:
                await weighed.submit(f"{name}-in", "buy 0.06 market", cap="101")
                await weighed.until(f"{name}-in")
            case Step.STOP:
                await weighed.submit(f"{name}-stop", "sell 0.059 stop 90")
                await weighed.until(f"{name}-stop", resting=True)
                weighed.is_protected(f"{name}-stop")
            case Step.CANCEL:
                await weighed.cancel(f"{name}-stop")
                await weighed.until(f"{name}-stop")
            case Step.EXIT:
                await weighed.submit(f"{name}-out", "sell 0.059 market")
                await weighed.until(f"{name}-out")

    async def all_of(which: Step, some: list[str], first: int = 0) -> None:
        drawn = scenario.model_copy(update={"seed": scenario.seed + first})  # each group meets faults of its own
        faults = Faults(drawn if which is faulty else Scenario())
        await weighed.connected()
        weighed.on.server.faults = faults
        await asyncio.gather(*(step(which, name) for name in some))
        weighed.met.update(faults.happened)
        weighed.on.server.faults = Faults(Scenario())
        weighed.on.server.answering.access.skew_ms = 0

    await all_of(Step.ENTRY, names)
    for first in range(0, len(names), STOPS_AT_ONCE):
        some = names[first : first + STOPS_AT_ONCE]
        await all_of(Step.STOP, some, first)
        await all_of(Step.CANCEL, some, first)
    await all_of(Step.EXIT, names)


def _same_there_and_here(weighed: Weighed) -> None:
    purse, ledger = weighed.on.exchange.purse, weighed.ledger
    if purse.total("USDT") != ledger.cash:
        weighed.wrong.append(f"{purse.total('USDT')} USDT there, {ledger.cash} here")
    owned = ledger.owned().get("BTC/USDT", Decimal(0))
    if purse.total("BTC") - FOREIGN != owned:
        weighed.wrong.append(f"{purse.total('BTC') - FOREIGN} BTC of ours there, {owned} here")
    ids = weighed.on.venue._shelf.ids
    weighed.wrong += [
        f"an orphan: {each.client_id}"
        for each in weighed.on.exchange.ledger.open_orders("BTCUSDT")
        if ids.order_of(each.client_id) is None
    ]
