"""A real exchange's venue of perpetuals on the simulator over the wire, through unmodified ccxt."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from exchange_support import JOURNAL_KEY, KEYS, QUICK, Trading, settings_at
from perpetual_wire import BTC, perpetual_exchange, perpetual_server

from config.sections.market import PerpetualsSettings
from execution.reports import Funding, VenueReport
from execution.venues.exchange.lines.line import Pace
from execution.venues.exchange.venue import ExchangeVenue
from execution.wire.perpetual.exchange import PerpetualExchange
from execution.wire.server import WireServer
from risk.order import Order, OrderKind, Purpose, Seal, Side

_SEAL = Seal(JOURNAL_KEY)


def perpetual_order(
    order_id: str, text: str, *, symbol: str = BTC, group: str | None = None, cap: str | None = None
) -> Order:
    """A sealed order from a line such as `open sell 2 market` or `close buy 1 stop 103`."""
    what, side, quantity, kind, *price = text.split()
    return _SEAL.sign(
        Order(
            order_id=order_id, decision_id=f"d-{order_id}", symbol=symbol, side=Side(side), kind=OrderKind(kind),
            purpose=Purpose.ENTRY if what == "open" else Purpose.STOP_LOSS, quantity=Decimal(quantity),
            limit_price=Decimal(price[0]) if kind == "limit" else None if cap is None else Decimal(cap),
            stop_price=Decimal(price[0]) if kind == "stop" else None, oco_group=group, created_utc=datetime.now(UTC),
        )
    )  # fmt: skip


class PerpetualTrading(Trading):
    """A venue on a running exchange of perpetuals, and all that was heard of it."""

    exchange: PerpetualExchange
    paid: list[Funding]

    def take(self, report: VenueReport | None) -> VenueReport:
        told = super().take(report)
        self.paid = [*getattr(self, "paid", []), *told.funding]
        return told

    async def ask(self) -> None:
        """Let the exchange be asked for everything, and note what is heard."""
        for _ in range(2):
            self.venue._listener._asked_s = self.venue._listener._checked_s = float("-inf")
            await self.venue._listener.ask()
            while self.venue._shelf._said:
                self.take(await self.venue.hear())

    def placed_all(self, order_id: str) -> int:
        """How many orders and conditional orders the exchange has for an order of ours."""
        ids = self.venue._shelf.ids
        orders = [each.client_id for each in self.exchange.ledger.orders("BTCUSDT")]
        algos = [each.client_id for each in self.exchange.algos.values()]
        return sum(ids.order_of(each) == order_id for each in (*orders, *algos))


@asynccontextmanager
async def perpetual_trading(
    folder: Path, *args: Any, exchange: PerpetualExchange | None = None, server: WireServer | None = None,
    leverage: int = 2, trigger: str = "mark", pace: Pace = QUICK, **more: Any,
) -> AsyncIterator[PerpetualTrading]:  # fmt: skip
    """A venue of Binance USD-M on the simulator with bars of a test."""
    running = server or perpetual_server(exchange or perpetual_exchange(*args, **more))
    async with running as url, perpetual_opened(url, folder, leverage=leverage, trigger=trigger, pace=pace) as venue:
        assert isinstance(running.exchange, PerpetualExchange)
        yield PerpetualTrading(venue, running, running.exchange, folder)


@asynccontextmanager
async def perpetual_opened(
    url: str, folder: Path, *, leverage: int = 2, trigger: str = "mark", pace: Pace = QUICK, run: str = "run-1",
    symbols: tuple[str, ...] = (BTC,), **more: Any,
) -> AsyncIterator[ExchangeVenue]:  # fmt: skip
    """The venue of a session that trades perpetuals at this address."""
    how = PerpetualsSettings.model_validate({"leverage": str(leverage), "trigger": trigger})
    async with ExchangeVenue.open(
        settings_at(url), KEYS, symbols=symbols, key=JOURNAL_KEY, run=run, live=False, folder=folder, seed=1, pace=pace,
        perpetuals=how, **more,
    ) as venue:  # fmt: skip
        yield venue
