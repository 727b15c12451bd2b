"""The REST endpoints of the exchange: each in one row, with its weight, who may ask, and the parameters that it reads.

A parameter that is not in the row is refused (-1104), and one that must be there and is not (-1102).
"""

from collections.abc import Callable, Mapping

from execution.wire import orders_asked, shown, told
from execution.wire.request import Endpoint, fixed
from execution.wire.trading.wanted import Params

_ORDER = (
    "timeInForce", "quantity", "quoteOrderQty", "price", "newClientOrderId", "stopPrice", "newOrderRespType",
    "selfTradePreventionMode",
)  # fmt: skip
_LEGS = tuple(
    place + term for place in ("above", "below") for term in ("ClientOrderId", "Price", "StopPrice", "TimeInForce")
)


def _by_symbol(one: int, every: int) -> Callable[[Params], int]:
    return lambda params: one if "symbol" in params else every


def _by_depth(params: Params) -> int:
    most = params.get("limit", "100")
    limit = int(most) if most.isdigit() else 100
    return next(weight for limit_to, weight in ((100, 5), (500, 25), (1000, 50), (10**9, 250)) if limit <= limit_to)


_TIMES = ("startTime", "endTime", "limit")
_IDS = ("orderId", "origClientOrderId")
_PAIR = ("listClientOrderId", "newOrderRespType", "selfTradePreventionMode", *_LEGS)
_REPLACED = ("cancelReplaceMode", "cancelOrderId", "cancelOrigClientOrderId", "cancelNewClientOrderId")
_TOLD_ALL = ("symbol", "symbols")

V3: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "ping"): Endpoint("ping", lambda _: {}, fixed(1)),
    ("GET", "time"): Endpoint("time", lambda request: {"serverTime": request.now_ms}, fixed(1)),
    ("GET", "exchangeInfo"): Endpoint(
        "exchangeInfo", told.rules, fixed(20), reads=_TOLD_ALL
    ),
    ("GET", "klines"): Endpoint("klines", told.klines, fixed(2), needs=("symbol", "interval"), reads=_TIMES),
    ("GET", "depth"): Endpoint("depth", told.depth, _by_depth, needs=("symbol",), reads=("limit",)),
    ("GET", "trades"): Endpoint("trades", told.trades, fixed(25), needs=("symbol",), reads=("limit",)),
    ("GET", "aggTrades"): Endpoint("aggTrades", told.joined_trades, fixed(4), needs=("symbol",), reads=(*_TIMES, "fromId")),
    ("GET", "ticker/24hr"): Endpoint("ticker/24hr", told.each(shown.day), _by_symbol(2, 80), reads=_TOLD_ALL),
    ("GET", "ticker/price"): Endpoint("ticker/price", told.each(told.price), _by_symbol(2, 4), reads=_TOLD_ALL),
    ("GET", "ticker/bookTicker"): Endpoint(
        "ticker/bookTicker",
        told.each(lambda exchange, symbol: shown.best(symbol, exchange.floor(symbol))),
        _by_symbol(2, 4),
        reads=_TOLD_ALL,
    ),
    ("GET", "account"): Endpoint("account", told.account, fixed(20), signed=True, reads=("omitZeroBalances",)),
    ("GET", "account/commission"): Endpoint(
        "account/commission", told.commission, fixed(20), signed=True, needs=("symbol",)
    ),
    ("POST", "order"): Endpoint(
        "order.place", orders_asked.place, fixed(1), signed=True, needs=("symbol", "side", "type"), reads=_ORDER, orders=True
    ),
    ("POST", "order/test"): Endpoint(
        "order.test", orders_asked.try_out, fixed(1), signed=True, needs=("symbol", "side", "type"), reads=_ORDER
    ),
    ("GET", "order"): Endpoint(
        "order.status", lambda request: orders_asked.found(request).asked(), fixed(4), signed=True, needs=("symbol",), reads=_IDS
    ),
    ("DELETE", "order"): Endpoint(
        "order.cancel", orders_asked.cancel, fixed(1), signed=True, needs=("symbol",),
        reads=(*_IDS, "newClientOrderId"),
    ),
    ("POST", "order/cancelReplace"): Endpoint(
        "order.cancelReplace", orders_asked.replace, fixed(1), signed=True,
        needs=("symbol", "side", "type", "cancelReplaceMode"), reads=(*_ORDER, *_REPLACED), orders=True,
    ),
    ("GET", "openOrders"): Endpoint("openOrders", orders_asked.open_orders, _by_symbol(6, 80), signed=True, reads=("symbol",)),
    ("DELETE", "openOrders"): Endpoint("openOrders.cancel", orders_asked.cancel_all, fixed(1), signed=True, needs=("symbol",)),
    ("GET", "allOrders"): Endpoint(
        "allOrders", orders_asked.all_orders, fixed(20), signed=True, needs=("symbol",), reads=(*_TIMES, "orderId")
    ),
    ("GET", "myTrades"): Endpoint(
        "myTrades", orders_asked.my_trades, fixed(20), signed=True, needs=("symbol",), reads=(*_TIMES, "orderId", "fromId")
    ),
    ("POST", "orderList/oco"): Endpoint(
        "orderList.place", orders_asked.place_pair, fixed(1), signed=True,
        needs=("symbol", "side", "quantity", "aboveType", "belowType"), reads=_PAIR, orders=True,
    ),
    ("DELETE", "orderList"): Endpoint(
        "orderList.cancel", orders_asked.cancel_pair, fixed(1), signed=True, needs=("symbol",),
        reads=("orderListId", "listClientOrderId", "newClientOrderId"),
    ),
    ("GET", "orderList"): Endpoint(
        "orderList.status", orders_asked.pair, fixed(4), signed=True, reads=("orderListId", "origClientOrderId")
    ),
    ("GET", "openOrderList"): Endpoint("openOrderList", orders_asked.open_pairs, fixed(6), signed=True),
    ("GET", "allOrderList"): Endpoint("allOrderList", orders_asked.all_pairs, fixed(20), signed=True, reads=(*_TIMES, "fromId")),
}  # fmt: skip
"""Under /api/v3."""

SAPI: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "asset/tradeFee"): Endpoint("tradeFee", told.trade_fees, fixed(1), signed=True, reads=("symbol",)),
    ("GET", "account/apiRestrictions"): Endpoint("apiRestrictions", told.may, fixed(1), signed=True),
}
"""Under /sapi/v1."""

METHODS: Mapping[str, Endpoint] = {
    "ping": V3["GET", "ping"],
    "time": V3["GET", "time"],
    "exchangeInfo": V3["GET", "exchangeInfo"],
    "depth": V3["GET", "depth"],
    "klines": V3["GET", "klines"],
    "ticker.24hr": V3["GET", "ticker/24hr"],
    "ticker.price": V3["GET", "ticker/price"],
    "ticker.book": V3["GET", "ticker/bookTicker"],
    "account.status": V3["GET", "account"],
    "order.place": V3["POST", "order"],
    "order.test": V3["POST", "order/test"],
    "order.status": V3["GET", "order"],
    "order.cancel": V3["DELETE", "order"],
    "order.cancelReplace": V3["POST", "order/cancelReplace"],
    "openOrders.status": V3["GET", "openOrders"],
    "openOrders.cancelAll": V3["DELETE", "openOrders"],
    "orderList.place.oco": V3["POST", "orderList/oco"],
    "orderList.cancel": V3["DELETE", "orderList"],
    "orderList.status": V3["GET", "orderList"],
    "allOrders": V3["GET", "allOrders"],
    "myTrades": V3["GET", "myTrades"],
}
"""The methods of requests by message, on the endpoints that answer them."""
NAMES = tuple(sorted({endpoint.name for endpoint in (*V3.values(), *SAPI.values())}))
"""What a scenario may call an endpoint."""
