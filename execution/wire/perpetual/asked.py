"""What the exchange of perpetuals answers to a client about its own orders and settings."""

from decimal import Decimal

from execution.wire import orders_asked
from execution.wire.perpetual.orders import ALGO_TYPES, Algo, told_order, told_trade
from execution.wire.perpetual.told import behind
from execution.wire.request import Request
from execution.wire.trading import refusals
from execution.wire.trading.orders import Json
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import Params, Wanted, name_in, number, whole
from execution.wire.trading.wanted import chosen as one_of
from risk.order import Side

_DONE: Json = {"code": 200, "msg": "success"}


def place(request: Request) -> Json:
    """A new order: a limit, or at market."""
    params = request.params
    _one_way(params)
    kind = one_of(params, "type", ("LIMIT", "MARKET"), refusals.BAD_TYPE)
    needs = ("quantity", "price", "timeInForce") if kind == "LIMIT" else ("quantity",)
    for term in needs:
        if not params.get(term):
            raise Refused(refusals.MISSING, term)
    for term in {"price", "timeInForce"} - set(needs):
        if term in params:
            raise Refused(refusals.NOT_REQUIRED, term)
    wanted = Wanted(
        side=_side(params), type=kind,
        time_in_force=one_of({"timeInForce": "GTC", **params}, "timeInForce", ("GTC", "IOC", "FOK"), refusals.BAD_TIME_IN_FORCE),
        quantity=number(params, "quantity"), quote_quantity=Decimal(0), price=number(params, "price"),
        stop_price=Decimal(0), client_id=name_in(params, "newClientOrderId"),
    )  # fmt: skip
    return told_order(behind(request).place(request.symbol, wanted, reduces=_truth(params, "reduceOnly")))


def place_algo(request: Request) -> Json:
    """A new conditional order."""
    params = request.params
    _one_way(params)
    one_of(params, "algoType", ("CONDITIONAL",), refusals.BAD_TYPE)
    kind = one_of(params, "type", ALGO_TYPES, refusals.BAD_TYPE)
    working = one_of(
        {"workingType": "CONTRACT_PRICE", **params}, "workingType", ("CONTRACT_PRICE", "MARK_PRICE"), refusals.BAD_TYPE
    )
    return behind(request).place_algo(
        request.symbol, _side(params), kind, number(params, "quantity"), number(params, "triggerPrice"),
        by_mark=working == "MARK_PRICE", reduces=_truth(params, "reduceOnly"), client_id=name_in(params, "clientAlgoId"),
    ).told()  # fmt: skip


def order(request: Request) -> Json:
    return told_order(orders_asked.found(request))


def cancel(request: Request) -> Json:
    """The end of an order."""
    found = orders_asked.found(request, refusals.UNKNOWN_ORDER)
    request.exchange.cancel(found)
    return told_order(found)


def open_orders(request: Request) -> list[Json]:
    return [told_order(each) for each in request.exchange.ledger.open_orders(request.params.get("symbol"))]


def all_orders(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    since = whole(request.params, "startTime") or 0
    found = [each for each in request.exchange.ledger.orders(request.symbol) if each.at_ms >= since]
    return [told_order(each) for each in found[-request.most(500, 1000) :]]


def cancel_all(request: Request) -> Json:
    request.exchange.floor(request.symbol)
    for each in request.exchange.ledger.open_orders(request.symbol):
        request.exchange.cancel(each)
    return _DONE


def algo(request: Request) -> Json:
    return _algo(request).told()


def cancel_algo(request: Request) -> Json:
    """The end of a conditional order."""
    found = _algo(request)
    behind(request).cancel_algo(found)
    return found.cancelled()


def open_algos(request: Request) -> list[Json]:
    return [each.told() for each in _algos(request) if each.open]


def all_algos(request: Request) -> list[Json]:
    return [each.told() for each in _algos(request)[-request.most(500, 1000) :]]


def trades(request: Request) -> list[Json]:
    """The trades of a market, oldest first; the newest, or those from a time on."""
    exchange, params = behind(request), request.params
    exchange.floor(request.symbol)
    since, until, own = (whole(params, name) for name in ("startTime", "endTime", "orderId"))
    rows = [
        (of, trade) for of, trade in exchange.ledger.trades(request.symbol)
        if own in (None, of.number) and trade.at_ms >= (since or 0) and (until is None or trade.at_ms <= until)
    ]  # fmt: skip
    most = request.most(500, 1000)
    kept = rows[:most] if since is not None else rows[-most:]
    return [told_trade(of, trade, exchange.realised.get(trade.number, Decimal(0))) for of, trade in kept]


def forced(request: Request) -> list[Json]:
    """The orders that the exchange made itself."""
    since = whole(request.params, "startTime") or 0
    symbol = request.params.get("symbol")
    found = [each for each in behind(request).forced if symbol in (None, each.symbol) and each.at_ms >= since]
    return [told_order(each) for each in found[-request.most(50, 100) :]]


def leverage(request: Request) -> Json:
    """Set the leverage of a market."""
    wanted = number(request.params, "leverage")
    behind(request).set_leverage(request.symbol, wanted)
    return {"leverage": int(wanted), "maxNotionalValue": "1000000", "symbol": request.symbol}


def margin(request: Request) -> Json:
    """Set the margin mode of a market."""
    kind = one_of(request.params, "marginType", ("ISOLATED", "CROSSED"), refusals.BAD_COMBINATION)
    behind(request).set_isolated(request.symbol, isolated=kind == "ISOLATED")
    return _DONE


def sides(request: Request) -> Json:
    """The position mode of the account."""
    return {"dualSidePosition": behind(request).margins.hedged}


def set_sides(request: Request) -> Json:
    """Set the position mode of the account."""
    behind(request).set_hedged(hedged=_truth(request.params, "dualSidePosition"))
    return _DONE


def _algo(request: Request) -> Algo:
    request.exchange.floor(request.symbol) if "symbol" in request.params else None
    number_of, client_id = whole(request.params, "algoId"), request.params.get("clientAlgoId")
    if number_of is None and not client_id:
        raise Refused(refusals.MISSING_ID, "clientAlgoId", "algoId")
    symbols = [request.symbol] if "symbol" in request.params else list(request.exchange.symbols())
    for symbol in symbols[:-1]:
        try:
            return behind(request).algo(symbol, number_of, client_id)
        except Refused:
            continue
    return behind(request).algo(symbols[-1], number_of, client_id)


def _algos(request: Request) -> list[Algo]:
    if "symbol" in request.params:
        request.exchange.floor(request.symbol)
    return [each for each in behind(request).algos.values() if request.params.get("symbol") in (None, each.symbol)]


def _side(params: Params) -> Side:
    return Side[one_of(params, "side", Side.__members__, refusals.BAD_SIDE)]


def _one_way(params: Params) -> None:
    if params.get("positionSide", "BOTH") != "BOTH":
        raise Refused(refusals.WRONG_SIDE)


def _truth(params: Params, name: str) -> bool:
    said = {name: params.get(name, "false").lower()}
    return one_of(said, name, ("true", "false"), refusals.BAD_COMBINATION) == "true"
