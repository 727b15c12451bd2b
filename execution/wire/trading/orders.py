"""The orders, trades and pairs of orders that the exchange keeps, and how it tells of each: Binance's bodies.

Amounts are texts with eight decimals. A value with more digits, such as an exact fee, is told in full.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from execution.exact import EXACT, ZERO
from execution.reports import SentOrder
from risk.order import OrderKind, Purpose, Side

Json = dict[str, Any]
OPEN = ("NEW", "PARTIALLY_FILLED")
"""Statuses of an order that may still trade."""
STOPS = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
"""Types that wait for a price."""


def text(value: Decimal) -> str:
    """An amount as the exchange writes it."""
    exponent = value.as_tuple().exponent
    return f"{value:.8f}" if isinstance(exponent, int) and exponent >= -8 else f"{value.normalize():f}"


@dataclass(slots=True)
class Trade:
    """One trade of an order: quantity [base], price [quote], and the fee with its coin."""

    number: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    coin: str
    maker: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class Print:
    """A trade as everybody sees it: quantity [base], price [quote], time [ms since 1970 UTC]."""

    number: int
    symbol: str
    price: Decimal
    quantity: Decimal
    at_ms: int
    buyer_made: bool

    def plain(self) -> Json:
        """As the list of trades shows it."""
        return {
            "id": self.number, "price": text(self.price), "qty": text(self.quantity),
            "quoteQty": text(EXACT.multiply(self.price, self.quantity)), "time": self.at_ms,
            "isBuyerMaker": self.buyer_made, "isBestMatch": True,
        }  # fmt: skip

    def joined(self) -> Json:
        """As the list of aggregated trades shows it."""
        return {
            "a": self.number, "p": text(self.price), "q": text(self.quantity), "f": self.number, "l": self.number,
            "T": self.at_ms, "m": self.buyer_made, "M": True,
        }  # fmt: skip


@dataclass(slots=True)
class WireOrder:
    """An order that arrived over the wire. Quantities [base], prices [quote]; times [ms since 1970 UTC].

    `pair`: the number of its list, or -1. `waits`: it has a trigger that was not reached, and the matching core has not got it.
    """

    number: int
    client_id: str
    symbol: str
    market: str
    side: Side
    type: str
    time_in_force: str
    quantity: Decimal
    price: Decimal
    stop_price: Decimal
    at_ms: int
    quote_quantity: Decimal = ZERO
    pair: int = -1
    status: str = "NEW"
    executed: Decimal = ZERO
    spent: Decimal = ZERO
    updated_ms: int = 0
    waits: bool = False
    cancel_id: str = ""
    reduces: bool | None = None
    """Whether it only reduces a position, on perpetuals; None on spot, where every sale does."""
    trades: list[Trade] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def remaining(self) -> Decimal:
        return EXACT.subtract(self.quantity, self.executed)

    @property
    def lock_key(self) -> str:
        """What it locks balances under: a pair locks once."""
        return f"order {self.number}" if self.pair < 0 else f"pair {self.pair}"

    def for_core(self, at: Any, kind: OrderKind) -> SentOrder:
        """The order as the matching core takes it. It has no seal, so no venue would take it."""
        opens = self.side is Side.BUY if self.reduces is None else not self.reduces
        return SentOrder(
            order_id=str(self.number), decision_id="", symbol=self.market, side=self.side, kind=kind,
            purpose=Purpose.ENTRY if opens else Purpose.STRATEGY_EXIT, quantity=self.remaining,
            limit_price=self.price if kind is OrderKind.LIMIT else None,
            stop_price=self.stop_price if kind is OrderKind.STOP else None,
            oco_group=None if self.pair < 0 else str(self.pair), created_utc=at,
        )  # fmt: skip

    def brief(self) -> Json:
        """Its names."""
        return {"symbol": self.symbol, "orderId": self.number, "clientOrderId": self.client_id}

    def acknowledged(self) -> Json:
        """The answer of type ACK."""
        return {
            "symbol": self.symbol, "orderId": self.number, "orderListId": self.pair, "clientOrderId": self.client_id,
            "transactTime": self.updated_ms,
        }  # fmt: skip

    def result(self) -> Json:
        """The answer of type RESULT."""
        return {**self.acknowledged(), **self._terms(), "workingTime": self.at_ms if not self.waits else -1}

    def full(self) -> Json:
        """The answer of type FULL: with its trades."""
        fills = [
            {
                "price": text(trade.price), "qty": text(trade.quantity), "commission": text(trade.fee),
                "commissionAsset": trade.coin, "tradeId": trade.number,
            }
            for trade in self.trades
        ]  # fmt: skip
        return {**self.result(), "fills": fills}

    def asked(self) -> Json:
        """The answer to a question for it."""
        told: Json = {
            "symbol": self.symbol, "orderId": self.number, "orderListId": self.pair, "clientOrderId": self.client_id,
            **self._terms(), "icebergQty": "0.00000000", "time": self.at_ms, "updateTime": self.updated_ms,
            "isWorking": not self.waits, "workingTime": self.at_ms if not self.waits else -1,
        }  # fmt: skip
        told.setdefault("stopPrice", "0.00000000")
        return told

    def cancelled(self) -> Json:
        """The answer to its cancellation."""
        told = {**self.acknowledged(), **self._terms()}
        return {**told, "origClientOrderId": self.client_id, "clientOrderId": self.cancel_id}

    def told_trade(self, trade: Trade) -> Json:
        """One of its trades, as the list of trades shows it."""
        return {
            "symbol": self.symbol, "id": trade.number, "orderId": self.number, "orderListId": self.pair,
            "price": text(trade.price), "qty": text(trade.quantity),
            "quoteQty": text(EXACT.multiply(trade.price, trade.quantity)), "commission": text(trade.fee),
            "commissionAsset": trade.coin, "time": trade.at_ms, "isBuyer": self.side is Side.BUY,
            "isMaker": trade.maker, "isBestMatch": True,
        }  # fmt: skip

    def _terms(self) -> Json:
        terms = {
            "price": text(self.price), "origQty": text(self.quantity), "executedQty": text(self.executed),
            "origQuoteOrderQty": text(self.quote_quantity), "cummulativeQuoteQty": text(self.spent),
            "status": self.status, "timeInForce": self.time_in_force, "type": self.type, "side": self.side.name,
            "selfTradePreventionMode": "EXPIRE_MAKER",
        }  # fmt: skip
        return {**terms, "stopPrice": text(self.stop_price)} if self.type in STOPS else terms


@dataclass(slots=True)
class Pair:
    """Two orders of which one cancels the other (OCO)."""

    number: int
    client_id: str
    symbol: str
    at_ms: int
    legs: tuple[WireOrder, WireOrder]

    @property
    def open(self) -> bool:
        return any(leg.open for leg in self.legs)

    def told(self) -> Json:
        """The answer to a question for it."""
        return {
            "orderListId": self.number, "contingencyType": "OCO",
            "listStatusType": "EXEC_STARTED" if self.open else "ALL_DONE",
            "listOrderStatus": "EXECUTING" if self.open else "ALL_DONE", "listClientOrderId": self.client_id,
            "transactionTime": self.at_ms, "symbol": self.symbol, "orders": [leg.brief() for leg in self.legs],
        }  # fmt: skip
