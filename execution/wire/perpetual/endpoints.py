"""The REST endpoints of the exchange of perpetuals: each in one row, as those of the spot exchange are."""

from collections.abc import Mapping

from execution.wire import shown
from execution.wire import told as spot
from execution.wire.perpetual import asked, told
from execution.wire.request import Endpoint, fixed

_TIMES = ("startTime", "endTime", "limit")
_SYMBOL = ("symbol",)
_ORDER = (
    "timeInForce", "quantity", "price", "newClientOrderId", "newOrderRespType", "selfTradePreventionMode", "reduceOnly",
    "positionSide",
)  # fmt: skip
_ALGO = (
    "quantity", "triggerPrice", "clientAlgoId", "newOrderRespType", "selfTradePreventionMode", "reduceOnly", "positionSide",
    "workingType", "timeInForce", "priceProtect",
)  # fmt: skip

FAPI: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "v1/ping"): Endpoint("ping", lambda _: {}, fixed(1)),
    ("GET", "v1/time"): Endpoint("time", lambda request: {"serverTime": request.now_ms}, fixed(1)),
    ("GET", "v1/exchangeInfo"): Endpoint("exchangeInfo", told.rules, fixed(1)),
    ("GET", "v1/klines"): Endpoint("klines", spot.klines, fixed(2), needs=("symbol", "interval"), reads=_TIMES),
    ("GET", "v1/markPriceKlines"): Endpoint(
        "markPriceKlines", told.mark_klines, fixed(2), needs=("symbol", "interval"), reads=_TIMES
    ),
    ("GET", "v1/depth"): Endpoint("depth", spot.depth, fixed(5), needs=_SYMBOL, reads=("limit",)),
    ("GET", "v1/trades"): Endpoint("trades", spot.trades, fixed(5), needs=_SYMBOL, reads=("limit",)),
    ("GET", "v1/aggTrades"): Endpoint("aggTrades", spot.joined_trades, fixed(20), needs=_SYMBOL, reads=(*_TIMES, "fromId")),
    ("GET", "v1/ticker/24hr"): Endpoint("ticker/24hr", spot.each(shown.day), fixed(1), reads=_SYMBOL),
    ("GET", "v1/ticker/bookTicker"): Endpoint(
        "ticker/bookTicker", spot.each(lambda exchange, symbol: shown.best(symbol, exchange.floor(symbol))), fixed(2),
        reads=_SYMBOL,
    ),
    ("GET", "v2/ticker/price"): Endpoint("ticker/price", spot.each(spot.price), fixed(1), reads=_SYMBOL),
    ("GET", "v1/premiumIndex"): Endpoint("premiumIndex", told.premium, fixed(1), reads=_SYMBOL),
    ("GET", "v1/fundingRate"): Endpoint("fundingRate", told.rates, fixed(1), reads=(*_SYMBOL, *_TIMES)),
    ("GET", "v1/fundingInfo"): Endpoint("fundingInfo", told.intervals, fixed(1)),
    ("GET", "v3/account"): Endpoint("account", told.account, fixed(5), signed=True),
    ("GET", "v3/positionRisk"): Endpoint("positionRisk", told.positions, fixed(5), signed=True, reads=_SYMBOL),
    ("GET", "v1/symbolConfig"): Endpoint("symbolConfig", told.settings, fixed(5), signed=True, reads=_SYMBOL),
    ("GET", "v1/leverageBracket"): Endpoint("leverageBracket", told.brackets, fixed(1), signed=True, reads=_SYMBOL),
    ("GET", "v1/income"): Endpoint("income", told.income, fixed(30), signed=True, reads=(*_SYMBOL, *_TIMES, "incomeType")),
    ("GET", "v1/commissionRate"): Endpoint("commissionRate", told.commission, fixed(20), signed=True, needs=_SYMBOL),
    ("POST", "v1/leverage"): Endpoint("leverage", asked.leverage, fixed(1), signed=True, needs=("symbol", "leverage")),
    ("POST", "v1/marginType"): Endpoint("marginType", asked.margin, fixed(1), signed=True, needs=("symbol", "marginType")),
    ("GET", "v1/positionSide/dual"): Endpoint("positionSide", asked.sides, fixed(30), signed=True),
    ("POST", "v1/positionSide/dual"): Endpoint(
        "positionSide.set", asked.set_sides, fixed(1), signed=True, needs=("dualSidePosition",)
    ),
    ("POST", "v1/order"): Endpoint(
        "order.place", asked.place, fixed(1), signed=True, needs=("symbol", "side", "type"), reads=_ORDER, orders=True
    ),
    ("GET", "v1/order"): Endpoint(
        "order.status", asked.order, fixed(1), signed=True, needs=_SYMBOL, reads=("orderId", "origClientOrderId")
    ),
    ("DELETE", "v1/order"): Endpoint(
        "order.cancel", asked.cancel, fixed(1), signed=True, needs=_SYMBOL, reads=("orderId", "origClientOrderId")
    ),
    ("GET", "v1/openOrders"): Endpoint("openOrders", asked.open_orders, fixed(1), signed=True, reads=_SYMBOL),
    ("GET", "v1/allOrders"): Endpoint(
        "allOrders", asked.all_orders, fixed(5), signed=True, needs=_SYMBOL, reads=(*_TIMES, "orderId")
    ),
    ("DELETE", "v1/allOpenOrders"): Endpoint("openOrders.cancel", asked.cancel_all, fixed(1), signed=True, needs=_SYMBOL),
    ("POST", "v1/algoOrder"): Endpoint(
        "algoOrder.place", asked.place_algo, fixed(1), signed=True, needs=("symbol", "side", "type", "algoType"), reads=_ALGO,
        orders=True,
    ),
    ("GET", "v1/algoOrder"): Endpoint(
        "algoOrder.status", asked.algo, fixed(1), signed=True, reads=("symbol", "algoId", "clientAlgoId")
    ),
    ("DELETE", "v1/algoOrder"): Endpoint(
        "algoOrder.cancel", asked.cancel_algo, fixed(1), signed=True, reads=("symbol", "algoId", "clientAlgoId")
    ),
    ("GET", "v1/openAlgoOrders"): Endpoint("openAlgoOrders", asked.open_algos, fixed(1), signed=True, reads=_SYMBOL),
    ("GET", "v1/allAlgoOrders"): Endpoint("allAlgoOrders", asked.all_algos, fixed(5), signed=True, needs=_SYMBOL, reads=_TIMES),
    ("GET", "v1/userTrades"): Endpoint(
        "userTrades", asked.trades, fixed(5), signed=True, needs=_SYMBOL, reads=(*_TIMES, "orderId", "fromId")
    ),
    ("GET", "v1/forceOrders"): Endpoint(
        "forceOrders", asked.forced, fixed(20), signed=True, reads=(*_SYMBOL, *_TIMES, "autoCloseType")
    ),
    ("POST", "v1/listenKey"): Endpoint("listenKey", told.listen_key, fixed(1), keyed=True),
    ("PUT", "v1/listenKey"): Endpoint("listenKey.keep", told.listen_key, fixed(1), keyed=True),
    ("DELETE", "v1/listenKey"): Endpoint("listenKey.close", lambda _: {}, fixed(1), keyed=True),
}  # fmt: skip
"""Under /fapi."""
NAMES = tuple(sorted({endpoint.name for endpoint in FAPI.values()}))
"""What a scenario may call an endpoint of perpetuals."""
