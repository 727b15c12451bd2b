"""The REST endpoints of the exchange: each in one row, with its weight, who may ask, and the parameters that it reads.

A parameter that is not in the row is refused (-1104), and one that must be there and is not (-1102).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from config.clock import to_ms
from execution.exact import fee_on
from execution.wire import shown
from execution.wire.access import Key
from execution.wire.trading import refusals
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.orders import Json, WireOrder, text
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Params, chosen, name_in, read_legs, read_order, whole

_SIGNED = frozenset({"timestamp", "recvWindow", "signature", "apiKey", "returnRateLimits"})
_ORDER = (
    "timeInForce", "quantity", "quoteOrderQty", "price", "newClientOrderId", "stopPrice", "newOrderRespType",
    "selfTradePreventionMode",
)  # fmt: skip
_LEGS = tuple(
    place + term for place in ("above", "below") for term in ("ClientOrderId", "Price", "StopPrice", "TimeInForce")
)


@dataclass(frozen=True, slots=True)
class Request:
    """One question: the exchange, the server's time [ms since 1970 UTC], and what was sent."""

    exchange: Exchange
    now_ms: int
    params: Params
    key: Key | None

    @property
    def symbol(self) -> str:
        return self.params["symbol"]

    def most(self, otherwise: int, limit: int) -> int:
        """How many rows are wanted, at most."""
        return max(1, min(whole(self.params, "limit") or otherwise, limit))


Answer = Callable[[Request], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `weight`: of one request, by its parameters; `orders`: it makes new orders."""

    name: str
    answer: Answer
    weight: Callable[[Params], int]
    signed: bool = False
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    orders: bool = False

    def check(self, params: Params) -> None:
        """Hold the parameters against the row. Raises Refused."""
        for name in self.needs:
            if not params.get(name):
                raise Refused(refusals.MISSING, name)
        known = {*self.needs, *self.reads} | (_SIGNED if self.signed else frozenset())
        if unknown := set(params) - known:
            raise Refused(refusals.UNREAD, len(params) - len(unknown), len(params))


def _form(params: Params, kind: str) -> str:
    """The form of the answer to a new order: by default in full for the types that trade at once. Raises Refused."""
    form = params.get("newOrderRespType", "FULL" if kind in ("MARKET", "LIMIT") else "ACK")
    return chosen({"newOrderRespType": form}, "newOrderRespType", ("ACK", "RESULT", "FULL"), refusals.BAD_COMBINATION)


def _told(order: WireOrder, form: str) -> Json:
    return {"ACK": order.acknowledged, "RESULT": order.result, "FULL": order.full}[form]()


def place(request: Request) -> Json:
    """A new order."""
    wanted = read_order(request.params)
    form = _form(request.params, wanted.type)
    return _told(request.exchange.place(request.symbol, wanted), form)


def _try_out(request: Request) -> Json:
    request.exchange.check(request.symbol, read_order(request.params))
    return {}


def found(
    request: Request, otherwise: refusals.Refusal = refusals.NO_ORDER, name: str = "origClientOrderId"
) -> WireOrder:
    """The order that is asked for. Raises Refused."""
    request.exchange.floor(request.symbol)
    number, client_id = whole(request.params, "orderId"), request.params.get(name)
    if number is None and not client_id:
        raise Refused(refusals.MISSING_ID, name, "orderId")
    order = request.exchange.ledger.order(request.symbol, number, client_id)
    if order is None:
        raise Refused(otherwise)
    return order


def cancel(request: Request) -> Json:
    """The end of an order."""
    order = found(request, refusals.UNKNOWN_ORDER)
    request.exchange.cancel(order, name_in(request.params, "newClientOrderId"))
    return order.cancelled()


def _replace(request: Request) -> Json:
    """Cancel one order, and take another: the new one only if the old one was open."""
    params = request.params
    mode = chosen(params, "cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"), refusals.BAD_COMBINATION)
    names = {"orderId": params.get("cancelOrderId"), "origClientOrderId": params.get("cancelOrigClientOrderId")}
    old = Request(
        request.exchange, request.now_ms, {**{k: v for k, v in names.items() if v}, "symbol": request.symbol}, None
    )
    told: Json = {"cancelResult": "SUCCESS", "newOrderResult": "SUCCESS"}
    wanted = read_order(params)
    form = _form(params, wanted.type)
    try:
        told["cancelResponse"] = cancel(old)
    except Refused as refused:
        told |= {"cancelResult": "FAILURE", "cancelResponse": refused.body()}
        if mode == "STOP_ON_FAILURE":
            told |= {"newOrderResult": "NOT_ATTEMPTED", "newOrderResponse": None}
            raise Refused(refusals.REPLACED_NONE, data=told) from None
    try:
        told["newOrderResponse"] = _told(request.exchange.place(request.symbol, wanted), form)
    except Refused as refused:
        told |= {"newOrderResult": "FAILURE", "newOrderResponse": refused.body()}
        raise Refused(refusals.REPLACED_PART, data=told) from None
    return told


def _open(request: Request) -> list[Json]:
    if "symbol" in request.params:
        request.exchange.floor(request.symbol)
    return [order.asked() for order in request.exchange.ledger.open_orders(request.params.get("symbol"))]


def _cancel_all(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    orders = request.exchange.ledger.open_orders(request.symbol)
    if not orders:
        raise Refused(refusals.UNKNOWN_ORDER)
    told = list[Json]()
    for order in orders:
        if order.open:
            request.exchange.cancel(order)
            told.append(order.cancelled() if order.pair < 0 else _pair_told(request, order.pair))
    return told


def _all(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    params, orders = request.params, list(request.exchange.ledger.orders(request.symbol))
    since, until, from_number = (whole(params, name) for name in ("startTime", "endTime", "orderId"))
    if from_number is not None:
        orders = [order for order in orders if order.number >= from_number]
    orders = [order for order in orders if (since or 0) <= order.at_ms and (until is None or order.at_ms <= until)]
    most = request.most(500, 1000)
    oldest_first = from_number is not None or since is not None
    return [order.asked() for order in (orders[:most] if oldest_first else orders[-most:])]


def _my_trades(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    params = request.params
    since, until, from_trade, number = (whole(params, name) for name in ("startTime", "endTime", "fromId", "orderId"))
    if from_trade is not None and (since is not None or until is not None):
        raise Refused(refusals.BAD_COMBINATION)
    rows = [
        (order, trade)
        for order, trade in request.exchange.ledger.trades(request.symbol)
        if number in (None, order.number)
        and trade.number >= (from_trade or 0)
        and trade.at_ms >= (since or 0)
        and (until is None or trade.at_ms <= until)
    ]
    most = request.most(500, 1000)
    rows = rows[:most] if from_trade is not None or since is not None else rows[-most:]
    return [order.told_trade(trade) for order, trade in rows]


def place_pair(request: Request) -> Json:
    """Two new orders of which one cancels the other."""
    above, below = read_legs(request.params)
    form = _form({"newOrderRespType": "RESULT", **request.params}, above.type)
    pair = request.exchange.place_pair(request.symbol, name_in(request.params, "listClientOrderId"), above, below)
    return {**pair.told(), "orderReports": [_told(leg, form) for leg in pair.legs]}


def _pair_of(request: Request, name: str) -> int:
    number, client_id = whole(request.params, "orderListId"), request.params.get(name)
    if number is None and not client_id:
        raise Refused(refusals.MISSING_ID, name, "orderListId")
    return request.exchange.ledger.pair(number, client_id).number


def _pair_told(request: Request, number: int) -> Json:
    pair = request.exchange.ledger.pair(number, None)
    return {**pair.told(), "orderReports": [leg.cancelled() for leg in pair.legs]}


def _cancel_pair(request: Request) -> Json:
    number = _pair_of(request, "listClientOrderId")
    pair = request.exchange.ledger.pair(number, None)
    if not pair.open:
        raise Refused(refusals.UNKNOWN_ORDER)
    for leg in pair.legs:
        if leg.open:
            request.exchange.cancel(leg, name_in(request.params, "newClientOrderId"))
    return _pair_told(request, number)


def _pair(request: Request) -> Json:
    return request.exchange.ledger.pair(_pair_of(request, "origClientOrderId"), None).told()


def _open_pairs(request: Request) -> list[Json]:
    return [pair.told() for pair in request.exchange.ledger.pairs() if pair.open]


def _all_pairs(request: Request) -> list[Json]:
    since, until, first = (whole(request.params, name) for name in ("startTime", "endTime", "fromId"))
    pairs = [
        pair
        for pair in request.exchange.ledger.pairs()
        if pair.number >= (first or 0) and pair.at_ms >= (since or 0) and (until is None or pair.at_ms <= until)
    ]
    most = request.most(500, 1000)
    return [pair.told() for pair in (pairs[:most] if since is not None or first is not None else pairs[-most:])]


def account(request: Request) -> Json:
    """Balances and fees."""
    purse, key = request.exchange.purse, request.key
    left_out = request.params.get("omitZeroBalances", "false").lower() == "true"
    maker, taker = _fees(request.exchange)
    return {
        "makerCommission": int(maker * 10_000), "takerCommission": int(taker * 10_000), "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": text(maker), "taker": text(taker), "buyer": text(maker * 0), "seller": text(maker * 0)},
        "canTrade": key is None or key.trades, "canWithdraw": key is not None and key.withdraws, "canDeposit": True,
        "brokered": False, "requireSelfTradePrevention": False, "preventSor": False,
        "updateTime": to_ms(request.exchange.now()), "accountType": "SPOT",
        "balances": [
            {"asset": coin, "free": text(purse.free(coin)), "locked": text(purse.locked(coin))}
            for coin in purse.coins()
            if purse.total(coin) or not left_out
        ],
        "permissions": ["SPOT"], "uid": 1,
    }  # fmt: skip


def _fees(exchange: Exchange, symbol: str | None = None) -> tuple[Any, Any]:
    """Maker and taker fee [fraction]."""
    floor = next(iter(exchange.floors.values())) if symbol is None else exchange.floor(symbol)
    rules = floor.instrument
    one = rules.lot_size / rules.lot_size
    return fee_on(one, rules.maker_fee_bps), fee_on(one, rules.taker_fee_bps)


def _commission(request: Request) -> Json:
    maker, taker = _fees(request.exchange, request.symbol)
    none = dict.fromkeys(("maker", "taker", "buyer", "seller"), "0.00000000")
    own = {**none, "maker": text(maker), "taker": text(taker)}
    return {"symbol": request.symbol, "standardCommission": own, "taxCommission": none}


def _trade_fees(request: Request) -> list[Json]:
    symbols = [request.symbol] if "symbol" in request.params else list(request.exchange.symbols())
    fees = {symbol: _fees(request.exchange, symbol) for symbol in symbols}
    return [
        {"symbol": symbol, "makerCommission": text(maker), "takerCommission": text(taker)}
        for symbol, (maker, taker) in fees.items()
    ]


def _may(request: Request) -> Json:
    """What the key may do."""
    key = request.key
    assert key is not None  # the row is signed
    return {
        "ipRestrict": False, "createTime": request.now_ms, "enableReading": True, "enableWithdrawals": key.withdraws,
        "enableInternalTransfer": False, "enableMargin": False, "enableFutures": False, "permitsUniversalTransfer": False,
        "enableVanillaOptions": False, "enableSpotAndMarginTrading": key.trades, "enablePortfolioMarginTrading": False,
    }  # fmt: skip


def _rules(request: Request) -> Json:
    symbols = list(request.exchange.symbols())
    if "symbol" in request.params:
        symbols = [request.symbol]
    elif "symbols" in request.params:
        symbols = request.params["symbols"].strip("[]").replace('"', "").split(",")
    return shown.rules(request.exchange, request.now_ms, symbols)


def _klines(request: Request) -> list[Any]:
    since, until = whole(request.params, "startTime"), whole(request.params, "endTime")
    return shown.klines(
        request.exchange, request.symbol, request.params["interval"], since, until, request.most(500, 1000)
    )


def _depth(request: Request) -> Json:
    floor = request.exchange.floor(request.symbol)
    bids, asks = shown.depth(floor, request.most(100, 5000))
    return {"lastUpdateId": floor.version, "bids": bids, "asks": asks}


def _each(tell: Callable[[Exchange, str], Json]) -> Answer:
    """The same for one symbol, or for a list of all."""

    def answer(request: Request) -> Any:
        if "symbol" in request.params:
            return tell(request.exchange, request.symbol)
        asked = request.params.get("symbols", "").strip("[]").replace('"', "")
        symbols = asked.split(",") if asked else list(request.exchange.symbols())
        return [tell(request.exchange, symbol) for symbol in symbols]

    return answer


def _price(exchange: Exchange, symbol: str) -> Json:
    return {"symbol": symbol, "price": text(exchange.floor(symbol).price)}


def _trades(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    return [trade.plain() for trade in request.exchange.prints[request.symbol][-request.most(500, 1000) :]]


def _joined_trades(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    since, until, first = (whole(request.params, name) for name in ("startTime", "endTime", "fromId"))
    rows = [
        trade
        for trade in request.exchange.prints[request.symbol]
        if trade.at_ms >= (since or 0) and (until is None or trade.at_ms <= until) and trade.number >= (first or 0)
    ]
    most = request.most(500, 1000)
    return [trade.joined() for trade in (rows[:most] if since is not None or first is not None else rows[-most:])]


def _fixed(weight: int) -> Callable[[Params], int]:
    return lambda _: weight


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
    ("GET", "ping"): Endpoint("ping", lambda _: {}, _fixed(1)),
    ("GET", "time"): Endpoint("time", lambda request: {"serverTime": request.now_ms}, _fixed(1)),
    ("GET", "exchangeInfo"): Endpoint(
        "exchangeInfo", _rules, _fixed(20), reads=_TOLD_ALL
    ),
    ("GET", "klines"): Endpoint("klines", _klines, _fixed(2), needs=("symbol", "interval"), reads=_TIMES),
    ("GET", "depth"): Endpoint("depth", _depth, _by_depth, needs=("symbol",), reads=("limit",)),
    ("GET", "trades"): Endpoint("trades", _trades, _fixed(25), needs=("symbol",), reads=("limit",)),
    ("GET", "aggTrades"): Endpoint("aggTrades", _joined_trades, _fixed(4), needs=("symbol",), reads=(*_TIMES, "fromId")),
    ("GET", "ticker/24hr"): Endpoint("ticker/24hr", _each(shown.day), _by_symbol(2, 80), reads=_TOLD_ALL),
    ("GET", "ticker/price"): Endpoint("ticker/price", _each(_price), _by_symbol(2, 4), reads=_TOLD_ALL),
    ("GET", "ticker/bookTicker"): Endpoint(
        "ticker/bookTicker",
        _each(lambda exchange, symbol: shown.best(symbol, exchange.floor(symbol))),
        _by_symbol(2, 4),
        reads=_TOLD_ALL,
    ),
    ("GET", "account"): Endpoint("account", account, _fixed(20), signed=True, reads=("omitZeroBalances",)),
    ("GET", "account/commission"): Endpoint(
        "account/commission", _commission, _fixed(20), signed=True, needs=("symbol",)
    ),
    ("POST", "order"): Endpoint(
        "order.place", place, _fixed(1), signed=True, needs=("symbol", "side", "type"), reads=_ORDER, orders=True
    ),
    ("POST", "order/test"): Endpoint(
        "order.test", _try_out, _fixed(1), signed=True, needs=("symbol", "side", "type"), reads=_ORDER
    ),
    ("GET", "order"): Endpoint(
        "order.status", lambda request: found(request).asked(), _fixed(4), signed=True, needs=("symbol",), reads=_IDS
    ),
    ("DELETE", "order"): Endpoint(
        "order.cancel", cancel, _fixed(1), signed=True, needs=("symbol",),
        reads=(*_IDS, "newClientOrderId"),
    ),
    ("POST", "order/cancelReplace"): Endpoint(
        "order.cancelReplace", _replace, _fixed(1), signed=True, needs=("symbol", "side", "type", "cancelReplaceMode"),
        reads=(*_ORDER, *_REPLACED), orders=True,
    ),
    ("GET", "openOrders"): Endpoint("openOrders", _open, _by_symbol(6, 80), signed=True, reads=("symbol",)),
    ("DELETE", "openOrders"): Endpoint("openOrders.cancel", _cancel_all, _fixed(1), signed=True, needs=("symbol",)),
    ("GET", "allOrders"): Endpoint(
        "allOrders", _all, _fixed(20), signed=True, needs=("symbol",), reads=(*_TIMES, "orderId")
    ),
    ("GET", "myTrades"): Endpoint(
        "myTrades", _my_trades, _fixed(20), signed=True, needs=("symbol",), reads=(*_TIMES, "orderId", "fromId")
    ),
    ("POST", "orderList/oco"): Endpoint(
        "orderList.place", place_pair, _fixed(1), signed=True,
        needs=("symbol", "side", "quantity", "aboveType", "belowType"), reads=_PAIR, orders=True,
    ),
    ("DELETE", "orderList"): Endpoint(
        "orderList.cancel", _cancel_pair, _fixed(1), signed=True, needs=("symbol",),
        reads=("orderListId", "listClientOrderId", "newClientOrderId"),
    ),
    ("GET", "orderList"): Endpoint(
        "orderList.status", _pair, _fixed(4), signed=True, reads=("orderListId", "origClientOrderId")
    ),
    ("GET", "openOrderList"): Endpoint("openOrderList", _open_pairs, _fixed(6), signed=True),
    ("GET", "allOrderList"): Endpoint("allOrderList", _all_pairs, _fixed(20), signed=True, reads=(*_TIMES, "fromId")),
}  # fmt: skip
"""Under /api/v3."""

SAPI: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "asset/tradeFee"): Endpoint("tradeFee", _trade_fees, _fixed(1), signed=True, reads=("symbol",)),
    ("GET", "account/apiRestrictions"): Endpoint("apiRestrictions", _may, _fixed(1), signed=True),
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
