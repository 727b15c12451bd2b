"""An exchange in this process whose stops sell at a limit, as Coinbase's do: spoken to as CCXT's instance of it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from exchange_support import BTC, JOURNAL_KEY, QUICK

from config.clock import SystemClock, to_ms
from config.seeds import generator
from execution.venues.exchange.capabilities import CAPABILITIES
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.lines.line import Budget, Line, Pace, Quiet
from execution.venues.exchange.lines.wires import Wires
from execution.venues.exchange.rules import MarketRules
from execution.venues.exchange.venue import ExchangeVenue
from market.instrument import Instrument
from risk.order import Seal

ROW = CAPABILITIES["coinbase"]
RULES = Instrument(
    symbol=BTC, base="BTC", quote="USDT", tick_size=Decimal("0.01"), lot_size=Decimal("0.001"), min_notional=Decimal(1),
    maker_fee_bps=Decimal(10), taker_fee_bps=Decimal(10),
)  # fmt: skip


class Lost(Exception):
    """An answer that did not come: CCXT's errors of the network prove nothing, and neither does this."""


class StopLimitExchange:
    """One market at one price. `balance` [base] holds coins of somebody else too."""

    def __init__(self, price: Decimal, foreign: Decimal) -> None:
        self.price, self.coins, self.cash = price, foreign, Decimal(100_000)
        self.orders: dict[str, dict[str, Any]] = {}
        self.trades: list[dict[str, Any]] = []
        self.losing: dict[str, int] = {}
        """How many answers to `create_order`, `cancel_order` and so on are lost."""
        self.last_response_headers: Any = None
        self.options: dict[str, Any] = {}
        self._ids = count(1)

    def move(self, price: str) -> None:
        """The price jumps there. A stop whose trigger it passes becomes a limit, which is filled only at its price or better."""
        self.price = Decimal(price)
        for order in self.orders.values():
            if order["status"] == "open" and order["trigger"] is not None and self.price <= order["trigger"]:
                order["trigger"] = None
            self._match(order)

    async def create_order(self, symbol: str, kind: str, side: str, amount: str, price: Any, params: Any) -> Any:
        trigger = params.get("stopLossPrice")
        order = {
            "id": f"v{next(self._ids)}", "symbol": symbol, "side": side, "amount": amount, "filled": "0", "status": "open",
            "price": price, "trigger": None if trigger is None else Decimal(trigger), "timestamp": to_ms(datetime.now(UTC)),
            "info": {"client_order_id": params["client_order_id"]}, "type": kind,
        }  # fmt: skip
        self.orders[order["id"]] = order
        self._match(order)
        if order["status"] == "open" and (kind == "market" or params.get("timeInForce") == "IOC"):
            order["status"] = "canceled"
        return self._answer("create_order", order)

    async def cancel_order(self, order_id: str, symbol: str, params: Any) -> Any:
        order = self.orders[order_id]
        order["status"] = "canceled" if order["status"] == "open" else order["status"]
        return self._answer("cancel_order", order)

    async def fetch_order(self, order_id: str, symbol: str, params: Any = None) -> Any:
        return self._answer("fetch_order", self.orders[order_id])

    async def fetch_orders(self, symbol: str, since: Any = None, limit: Any = None) -> Any:
        return [self._answer("fetch_orders", order) for order in self.orders.values()]

    async def fetch_open_orders(self, symbol: str, since: Any = None, limit: Any = None, params: Any = None) -> Any:
        return [dict(order) for order in self.orders.values() if order["status"] == "open"]

    async def fetch_my_trades(self, symbol: str, since: Any = None, limit: Any = None, params: Any = None) -> Any:
        return [dict(trade) for trade in self.trades]

    async def fetch_balance(self) -> Any:
        totals = {"BTC": str(self.coins), "USDT": str(self.cash)}
        return {"info": {"there": True}, "total": totals, "free": totals}

    async def fetch_order_book(self, symbol: str, depth: int) -> Any:
        return {"bids": [[str(self.price), "100"]], "asks": [[str(self.price + 1), "100"]]}

    async def fetch_time(self) -> int:
        return to_ms(datetime.now(UTC))

    def _match(self, order: dict[str, Any]) -> None:
        if order["status"] != "open" or order["trigger"] is not None:
            return
        limit, buys = order["price"], order["side"] == "buy"
        if limit is not None and (Decimal(limit) < self.price if buys else Decimal(limit) > self.price):
            return
        quantity, sign = Decimal(order["amount"]), 1 if buys else -1
        order["filled"], order["status"] = order["amount"], "closed"
        self.coins += sign * quantity
        self.cash -= sign * quantity * self.price
        self.trades.append(
            {
                "id": f"t{len(self.trades)}", "order": order["id"], "symbol": order["symbol"], "side": order["side"],
                "amount": order["amount"], "price": str(self.price), "takerOrMaker": "taker",
                "timestamp": to_ms(datetime.now(UTC)),
                "fee": {"cost": "0", "currency": "USDT"},
            }
        )  # fmt: skip

    def _answer(self, question: str, order: dict[str, Any]) -> dict[str, Any]:
        if self.losing.get(question):
            self.losing[question] -= 1
            raise Lost(question)
        return dict(order)


@asynccontextmanager
async def trading_at(exchange: StopLimitExchange, pace: Pace = QUICK) -> AsyncIterator[ExchangeVenue]:
    """The venue of a session on it."""
    quiet, budget = Quiet(), Budget(pace.retries, pace.retries_per_s)
    trading, exits, urgent, data = (
        Line(exchange, pace, budget, quiet, generator(1, name), exits=name in ("exits", "urgent"))
        for name in ("trading", "exits", "urgent", "data")
    )
    wires = Wires(trading, exits, urgent, data, None, quiet)
    rules = {BTC: MarketRules(RULES, RULES.lot_size, None, None, stops_at_market=False)}
    row = ROW._replace(late_s=pace.late_s or ROW.late_s)
    venue = ExchangeVenue(wires, row, rules, ClientIds("coinbase live", "run"), Seal(JOURNAL_KEY), pace, SystemClock())
    await venue._begin()
    try:
        yield venue
    finally:
        await venue._sender.close()
