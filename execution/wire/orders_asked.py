"""What the exchange answers to a client about its own orders: placing, asking, cancelling, trades and pairs."""

from execution.wire.request import Request
from execution.wire.trading import refusals
from execution.wire.trading.orders import Json, WireOrder
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Params, chosen, name_in, read_legs, read_order, whole


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


def try_out(request: Request) -> Json:
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


def replace(request: Request) -> Json:
    """Cancel one order, and take another: the new one only if the old one was open."""
    params = request.params
    mode = chosen(params, "cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"), refusals.BAD_COMBINATION)
    names = {"orderId": params.get("cancelOrderId"), "origClientOrderId": params.get("cancelOrigClientOrderId")}
    names["newClientOrderId"] = params.get("cancelNewClientOrderId")
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


def open_orders(request: Request) -> list[Json]:
    if "symbol" in request.params:
        request.exchange.floor(request.symbol)
    return [order.asked() for order in request.exchange.ledger.open_orders(request.params.get("symbol"))]


def cancel_all(request: Request) -> list[Json]:
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


def all_orders(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    params, orders = request.params, list(request.exchange.ledger.orders(request.symbol))
    since, until, from_number = (whole(params, name) for name in ("startTime", "endTime", "orderId"))
    if from_number is not None:
        orders = [order for order in orders if order.number >= from_number]
    orders = [order for order in orders if (since or 0) <= order.at_ms and (until is None or order.at_ms <= until)]
    most = request.most(500, 1000)
    oldest_first = from_number is not None or since is not None
    return [order.asked() for order in (orders[:most] if oldest_first else orders[-most:])]


def my_trades(request: Request) -> list[Json]:
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


def cancel_pair(request: Request) -> Json:
    number = _pair_of(request, "listClientOrderId")
    pair = request.exchange.ledger.pair(number, None)
    if not pair.open:
        raise Refused(refusals.UNKNOWN_ORDER)
    for leg in pair.legs:
        if leg.open:
            request.exchange.cancel(leg, name_in(request.params, "newClientOrderId"))
    return _pair_told(request, number)


def pair(request: Request) -> Json:
    return request.exchange.ledger.pair(_pair_of(request, "origClientOrderId"), None).told()


def open_pairs(request: Request) -> list[Json]:
    return [pair.told() for pair in request.exchange.ledger.pairs() if pair.open]


def all_pairs(request: Request) -> list[Json]:
    since, until, first = (whole(request.params, name) for name in ("startTime", "endTime", "fromId"))
    pairs = [
        pair
        for pair in request.exchange.ledger.pairs()
        if pair.number >= (first or 0) and pair.at_ms >= (since or 0) and (until is None or pair.at_ms <= until)
    ]
    most = request.most(500, 1000)
    return [pair.told() for pair in (pairs[:most] if since is not None or first is not None else pairs[-most:])]
