"""A real exchange's venue on the simulator over the wire, through unmodified ccxt; and what can be lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from wire_support import exchange_of

from config.clock import SystemClock
from config.sections.venue import VenueSettings
from execution.reports import Fill, OrderState, VenueReport
from execution.venues.exchange.lines.line import Pace
from execution.venues.exchange.lines.wires import ExchangeKeys
from execution.venues.exchange.venue import ExchangeVenue
from execution.wire.access import Limits
from execution.wire.faults import Faults, Kind, Rule, Scenario
from execution.wire.server import KEY, WireServer
from execution.wire.trading.exchange import Exchange
from risk.order import Order, OrderKind, Purpose, Seal, Side

BTC = "BTC/USDT"
JOURNAL_KEY = b"k" * 32
KEYS = ExchangeKeys(KEY.name, KEY.secret)
QUICK = Pace(
    timeout_s=2.0, patience_s=2.0, pause_s=0.02, longest_pause_s=0.3, poll_s=0.05, idle_s=0.2, book_s=0.2, watch_s=0.05,
    clock_s=30.0, settle_s=1.0, margin_s=0.1, cancel_s=3.0, escalate_s=0.3, late_s=0.4, open_s=0.2, throttled=False,
    retries_per_s=50.0,
)  # fmt: skip
_SEAL = Seal(JOURNAL_KEY)


def settings_at(url: str | None, exchange: str = "binance") -> VenueSettings:
    """The settings of a real exchange at this address."""
    shape = {
        "kind": "ccxt", "exchange": exchange, "starting_cash": "10000", "spread_bps": 2.0, "levels": 5,
        "level_step_bps": 10.0, "depth_fraction": 0.1, "url": url, "max_clock_off_s": 2.0,
    }  # fmt: skip
    return VenueSettings.model_validate(shape)


def order_of(
    order_id: str, text: str, *, group: str | None = None, cap: str | None = None, symbol: str = BTC, at: datetime | None = None,
    purpose: Purpose | None = None,
) -> Order:  # fmt: skip
    """A sealed order from a line such as `buy 2 market`, `sell 1 limit 103` or `sell 1 stop 97`; `cap`: at most this price."""
    side, quantity, kind, *price = text.split()
    return _SEAL.sign(
        Order(
            order_id=order_id, decision_id=f"d-{order_id}", symbol=symbol, side=Side(side), kind=OrderKind(kind),
            purpose=purpose or (Purpose.ENTRY if side == "buy" else Purpose.STOP_LOSS), quantity=Decimal(quantity),
            limit_price=Decimal(price[0]) if kind == "limit" else None if cap is None else Decimal(cap),
            stop_price=Decimal(price[0]) if kind == "stop" else None, oco_group=group, created_utc=at or datetime.now(UTC),
        )
    )  # fmt: skip


ENDPOINTS = ("order.place", "order.cancel", "order.status", "openOrders", "myTrades", "account")
LOSSES = (
    Rule(at="*", kind=Kind.LOST_REPLY), Rule(at="*", kind=Kind.RESET), Rule(at="*", kind=Kind.CUT),
    Rule(at="*", kind=Kind.HTML), Rule(at="*", kind=Kind.EMPTY), Rule(at="*", kind=Kind.NOTHING),
    Rule(at="*", kind=Kind.UNKNOWN_STATE), Rule(at="*", kind=Kind.STATUS, status=502),
    Rule(at="*", kind=Kind.STATUS, status=504, done=True), Rule(at="*", kind=Kind.LATE, seconds=0.2),
)  # fmt: skip
"""What happens to the answer of a request, or to the request."""
HANGS = (Rule(at="*", kind=Kind.HANG), Rule(at="*", kind=Kind.HANG_DONE))


def losing(share: float, seed: int) -> Scenario:
    """A scenario in which this share of all signed requests is lost, late or answered by what is no answer."""
    chance = share / len(LOSSES)
    rules = [each.model_copy(update={"at": name, "chance": chance}) for name in ENDPOINTS for each in LOSSES]
    return Scenario(seed=seed, faults=tuple(rules))


@dataclass
class Trading:
    """A venue on a running exchange, and all that was heard of it."""

    venue: ExchangeVenue
    server: WireServer
    exchange: Exchange
    folder: Path
    states: dict[str, list[OrderState]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)

    def lose(self, at: str, *faults: Rule) -> None:
        """Let the next requests to an endpoint meet these faults, one each."""
        rules = [each.model_copy(update={"at": at, "nth": (number,)}) for number, each in enumerate(faults, 1)]
        self.server.faults = Faults(Scenario(faults=tuple(rules)))

    def take(self, report: VenueReport | None) -> VenueReport:
        """Note a report."""
        assert report is not None
        for state in report.states:
            self.states.setdefault(state.order_id, []).append(state)
        self.fills += report.fills
        return report

    async def listen(self) -> None:
        """Note all that is heard, until this is cancelled."""
        while True:
            self.take(await self.venue.hear())

    async def until(self, order_id: str, *statuses: str, within_s: float = 60.0) -> OrderState:
        """Listen until an order has one of these states, and return it."""
        async with asyncio.timeout(within_s):
            while not self.states.get(order_id) or self.states[order_id][-1].status.value not in statuses:
                self.take(await self.venue.hear())
        return self.states[order_id][-1]

    async def submit(self, order: Order) -> str:
        """Send an order; the state that is answered."""
        return self.take(await self.venue.submit(order)).states[-1].status.value

    async def cancel(self, order_id: str) -> str:
        """Withdraw an order; the state that is answered last."""
        report = self.take(await self.venue.cancel(order_id))
        return [state for state in report.states if state.order_id == order_id][-1].status.value

    def executed(self, order_id: str) -> Decimal:
        """What the exchange has filled of all that was sent for an order."""
        ids = self.venue._shelf.ids
        return sum(
            (
                each.executed
                for each in self.exchange.ledger.orders("BTCUSDT")
                if ids.order_of(each.client_id) == order_id
            ),
            Decimal(0),
        )

    def placed(self, order_id: str) -> int:
        """How many orders the exchange has for an order of ours."""
        ids = self.venue._shelf.ids
        return sum(ids.order_of(each.client_id) == order_id for each in self.exchange.ledger.orders("BTCUSDT"))


def server_of(exchange: Exchange, scenario: Scenario | None = None) -> WireServer:
    """A server that counts no weight."""
    limits = Limits(SystemClock(), weight_limit=10**9, order_limit=10**9)
    return WireServer(exchange, limits=limits, scenario=scenario)


@asynccontextmanager
async def trading(
    folder: Path, *args: Any, pace: Pace = QUICK, exchange: Exchange | None = None, server: WireServer | None = None, **more: Any
) -> AsyncIterator[Trading]:  # fmt: skip
    """A venue of Binance on the simulator with bars of a test."""
    running = server or server_of(exchange or exchange_of(*args, **more))
    async with running as url, opened(url, folder, pace) as venue:
        yield Trading(venue, running, running.exchange, folder)


@asynccontextmanager
async def opened(url: str, folder: Path, pace: Pace = QUICK, run: str = "run-1") -> AsyncIterator[ExchangeVenue]:
    """The venue of a session that trades at this address."""
    async with ExchangeVenue.open(
        settings_at(url), KEYS, symbols=(BTC,), key=JOURNAL_KEY, run=run, live=False, folder=folder, seed=1, pace=pace
    ) as venue:
        yield venue
