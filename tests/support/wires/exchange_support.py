"""A real exchange's venue on the simulator over the wire, through unmodified ccxt; and a server that loses what it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from wire_support import exchange_of

from config.clock import SystemClock
from config.sections.venue import VenueSettings
from execution.reports import Fill, OrderState, VenueReport
from execution.venues.exchange.lines.line import Pace
from execution.venues.exchange.lines.wires import ExchangeKeys
from execution.venues.exchange.venue import ExchangeVenue
from execution.wire.access import Limits
from execution.wire.exchange import Exchange
from execution.wire.server import KEY, WireServer
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
        "level_step_bps": 10.0, "depth_fraction": 0.1, "url": url,
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


class LossyServer(WireServer):
    """An exchange whose answers are lost as `plan` says: a fault for each request in turn, by method and path."""

    def __init__(self, exchange: Exchange, **more: Any) -> None:
        limits = Limits(SystemClock(), weight_limit=10**9, order_limit=10**9)
        super().__init__(exchange, limits=limits, **more)
        self.faults: dict[tuple[str, str], list[str]] = {}
        self.chance: np.random.Generator | None = None
        self.share = 0.0
        """Share of signed requests that meet a fault, drawn by `chance`."""
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []
        self.late_s = 0.15
        self.met: list[str] = []
        """The faults that were met."""

    def lose(self, method: str, path: str, *faults: str) -> None:
        """Let the next requests of this kind meet these faults, one each; `` for none."""
        self.faults.setdefault((method, path), []).extend(faults)

    async def _serve(self, request: web.Request, table: Any) -> web.StreamResponse:
        path = request.match_info["path"]
        await request.text()
        self.asked.append((request.method, path, request.query))
        fault = self._fault(request.method, path)
        self.met += [fault] if fault else []
        if fault == "never arrives":
            return await self._cut(request)
        if fault == "arrives late":
            self._later(request, table)
            return await self._cut(request)
        if fault.startswith("turned away"):
            return web.Response(
                status=429, text='{"code":-1003,"msg":"Too many requests."}', headers=_json() | {"Retry-After": "1"}
            )
        answer = await super()._serve(request, table)
        return await self._lost(request, answer, fault) if fault else answer

    def _fault(self, method: str, path: str) -> str:
        waiting = self.faults.get((method, path))
        if waiting:
            return waiting.pop(0)
        signed = path in ("order", "openOrders", "myTrades", "account")
        if self.chance is None or not signed or self.chance.random() >= self.share:
            return ""
        return str(self.chance.choice(FAULTS))

    async def _lost(self, request: web.Request, answer: web.StreamResponse, fault: str) -> web.StreamResponse:
        if fault in BODIES:
            status, body, kind = BODIES[fault]
            return web.Response(status=status, text=body, content_type=kind)
        if fault == "cut off":
            half = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4000"})
            await half.prepare(request)
            await half.write(b'{"symbol":"BTCUSDT","orderId":')
            return await self._cut(request)
        if fault == "hangs":
            await asyncio.sleep(self.late_s * 20)
        return await self._cut(request)

    def _later(self, request: web.Request, table: Any) -> None:
        async def arrive() -> None:
            await asyncio.sleep(self.late_s)
            await WireServer._serve(self, request, table)

        self._arriving = [*getattr(self, "_arriving", []), asyncio.get_running_loop().create_task(arrive())]

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        raise asyncio.CancelledError


BODIES = {
    "page": (200, "<html>maintenance</html>", "text/html"),
    "nothing": (200, "", "application/json"),
    "braces": (200, "{}", "application/json"),
    "502": (502, "<html>bad gateway</html>", "text/html"),
    "504": (504, "<html>gateway time-out</html>", "text/html"),
    "status unknown": (
        503,
        '{"code":-1007,"msg":"Timeout waiting for response from backend server."}',
        "application/json",
    ),
    "disconnected": (400, '{"code":-1001,"msg":"Internal error; unable to process your request."}', "application/json"),
}
FAULTS = ("never arrives", "arrives late", "reset", "cut off", *BODIES)


def _json() -> dict[str, str]:
    return {"Content-Type": "application/json"}


@dataclass
class Trading:
    """A venue on a running exchange, and all that was heard of it."""

    venue: ExchangeVenue
    server: LossyServer
    exchange: Exchange
    folder: Path
    states: dict[str, list[OrderState]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)

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

    async def until(self, order_id: str, *statuses: str, within_s: float = 10.0) -> OrderState:
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


@asynccontextmanager
async def trading(
    folder: Path, *args: Any, pace: Pace = QUICK, exchange: Exchange | None = None, server: LossyServer | None = None, **more: Any
) -> AsyncIterator[Trading]:  # fmt: skip
    """A venue of Binance on the simulator with bars of a test."""
    running = server or LossyServer(exchange or exchange_of(*args, **more))
    async with running as url, opened(url, folder, pace) as venue:
        yield Trading(venue, running, running.exchange, folder)


@asynccontextmanager
async def opened(url: str, folder: Path, pace: Pace = QUICK, run: str = "run-1") -> AsyncIterator[ExchangeVenue]:
    """The venue of a session that trades at this address."""
    async with ExchangeVenue.open(
        settings_at(url), KEYS, symbols=(BTC,), key=JOURNAL_KEY, run=run, live=False, folder=folder, seed=1, pace=pace
    ) as venue:
        yield venue
