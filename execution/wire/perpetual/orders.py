"""Conditional orders and what the exchange tells of orders, trades and income of perpetuals: Binance's USD-M bodies.

A conditional order (an *algo order*) has a number of its own. When its price is reached it becomes an order at market, with
another number and another name, which it then tells.
"""

from dataclasses import dataclass
from decimal import Decimal

from execution.exact import EXACT, ZERO
from execution.wire.trading.orders import Json, Trade, WireOrder, text
from risk.order import Side

ALGO_OPEN = ("NEW",)
ALGO_TYPES = ("STOP_MARKET", "TAKE_PROFIT_MARKET")
"""Types that wait for a price, and then trade at market."""
FORCED, DELEVERAGED = "autoclose-", "adl_autoclose"
"""What the names of the exchange's own orders begin with: a liquidation, and an auto-deleveraging."""


@dataclass(slots=True)
class Algo:
    """One conditional order. Quantity [base], trigger [quote]; times [ms since 1970 UTC]."""

    number: int
    client_id: str
    symbol: str
    market: str
    side: Side
    type: str
    quantity: Decimal
    trigger: Decimal
    by_mark: bool
    reduces: bool
    at_ms: int
    updated_ms: int
    status: str = "NEW"
    became: WireOrder | None = None
    triggered_ms: int = 0

    @property
    def open(self) -> bool:
        return self.status in ALGO_OPEN

    @property
    def falls(self) -> bool:
        """Whether it waits for a price that falls: a stop to sell, or a profit to buy."""
        return (self.side is Side.SELL) == self.type.startswith("STOP")

    def reached(self, low: Decimal, high: Decimal) -> bool:
        """Whether a movement between these prices [quote] triggers it."""
        return low <= self.trigger if self.falls else high >= self.trigger

    def told(self) -> Json:
        """The answer to a question for it."""
        return {
            "algoId": self.number, "clientAlgoId": self.client_id, "algoType": "CONDITIONAL", "orderType": self.type,
            "symbol": self.symbol, "side": self.side.name, "positionSide": "BOTH", "timeInForce": "GTC",
            "quantity": text(self.quantity), "algoStatus": self.status,
            "actualOrderId": "" if self.became is None else str(self.became.number),
            "actualPrice": "0.00000" if self.became is None else text(average(self.became)),
            "triggerPrice": text(self.trigger), "price": "0.00000000", "icebergQuantity": None,
            "selfTradePreventionMode": "EXPIRE_MAKER", "workingType": "MARK_PRICE" if self.by_mark else "CONTRACT_PRICE",
            "priceMatch": "NONE", "closePosition": False, "priceProtect": False, "reduceOnly": self.reduces,
            "createTime": self.at_ms, "updateTime": self.updated_ms, "triggerTime": self.triggered_ms, "goodTillDate": 0,
        }  # fmt: skip

    def cancelled(self) -> Json:
        """The answer to its cancellation."""
        return {"algoId": self.number, "clientAlgoId": self.client_id, "code": "200", "msg": "success"}


@dataclass(frozen=True, slots=True)
class Income:
    """A payment into the wallet, below zero for one out of it [quote]."""

    number: int
    kind: str
    symbol: str
    amount: Decimal
    at_ms: int

    def told(self, asset: str) -> Json:
        return {
            "symbol": self.symbol, "incomeType": self.kind, "income": text(self.amount), "asset": asset,
            "info": self.kind, "time": self.at_ms, "tranId": self.number, "tradeId": "",
        }  # fmt: skip


def average(order: WireOrder) -> Decimal:
    """The average price of what was traded [quote]; 0 of nothing."""
    return (order.spent / order.executed).quantize(Decimal("1e-8")) if order.executed else ZERO


def told_order(order: WireOrder) -> Json:
    """The answer to a new order, to a question for one, and to a cancel."""
    return {
        "orderId": order.number, "symbol": order.symbol, "status": order.status, "clientOrderId": order.client_id,
        "price": text(order.price), "avgPrice": text(average(order)), "origQty": text(order.quantity),
        "executedQty": text(order.executed), "cumQty": text(order.executed), "cumQuote": text(order.spent),
        "timeInForce": order.time_in_force, "type": order.type, "reduceOnly": bool(order.reduces), "closePosition": False,
        "side": order.side.name, "positionSide": "BOTH", "stopPrice": "0.00", "workingType": "CONTRACT_PRICE",
        "priceProtect": False, "origType": order.type, "priceMatch": "NONE", "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0, "time": order.at_ms, "updateTime": order.updated_ms,
    }  # fmt: skip


def told_trade(order: WireOrder, trade: Trade, realised: Decimal) -> Json:
    """One of its trades, as the list of trades shows it."""
    return {
        "buyer": order.side is Side.BUY, "commission": text(trade.fee), "commissionAsset": trade.coin, "id": trade.number,
        "maker": trade.maker, "orderId": order.number, "price": text(trade.price), "qty": text(trade.quantity),
        "quoteQty": text(EXACT.multiply(trade.price, trade.quantity)), "realizedPnl": text(realised),
        "side": order.side.name, "positionSide": "BOTH", "symbol": order.symbol, "time": trade.at_ms,
    }  # fmt: skip
