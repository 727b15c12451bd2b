"""What the exchange answers about the account, and about its markets to everybody."""

from collections.abc import Callable
from typing import Any

from config.clock import to_ms
from execution.exact import fee_on
from execution.wire import shown
from execution.wire.request import Answer, Request
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.orders import Json, text
from execution.wire.trading.wanted import whole


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


def commission(request: Request) -> Json:
    maker, taker = _fees(request.exchange, request.symbol)
    none = dict.fromkeys(("maker", "taker", "buyer", "seller"), "0.00000000")
    own = {**none, "maker": text(maker), "taker": text(taker)}
    return {"symbol": request.symbol, "standardCommission": own, "taxCommission": none}


def trade_fees(request: Request) -> list[Json]:
    symbols = [request.symbol] if "symbol" in request.params else list(request.exchange.symbols())
    fees = {symbol: _fees(request.exchange, symbol) for symbol in symbols}
    return [
        {"symbol": symbol, "makerCommission": text(maker), "takerCommission": text(taker)}
        for symbol, (maker, taker) in fees.items()
    ]


def may(request: Request) -> Json:
    """What the key may do."""
    key = request.key
    assert key is not None  # the row is signed
    return {
        "ipRestrict": False, "createTime": request.now_ms, "enableReading": True, "enableWithdrawals": key.withdraws,
        "enableInternalTransfer": False, "enableMargin": False,
        "enableFutures": request.exchange.perpetual and key.trades, "permitsUniversalTransfer": False,
        "enableVanillaOptions": False, "enableSpotAndMarginTrading": key.trades, "enablePortfolioMarginTrading": False,
    }  # fmt: skip


def rules(request: Request) -> Json:
    symbols = list(request.exchange.symbols())
    if "symbol" in request.params:
        symbols = [request.symbol]
    elif "symbols" in request.params:
        symbols = request.params["symbols"].strip("[]").replace('"', "").split(",")
    return shown.rules(request.exchange, request.now_ms, symbols)


def klines(request: Request) -> list[Any]:
    since, until = whole(request.params, "startTime"), whole(request.params, "endTime")
    return shown.klines(
        request.exchange, request.symbol, request.params["interval"], since, until, request.most(500, 1000)
    )


def depth(request: Request) -> Json:
    floor = request.exchange.floor(request.symbol)
    bids, asks = shown.depth(floor, request.most(100, 5000))
    return {"lastUpdateId": floor.version, "bids": bids, "asks": asks}


def each(tell: Callable[[Exchange, str], Json]) -> Answer:
    """The same for one symbol, or for a list of all."""

    def answer(request: Request) -> Any:
        if "symbol" in request.params:
            return tell(request.exchange, request.symbol)
        asked = request.params.get("symbols", "").strip("[]").replace('"', "")
        symbols = asked.split(",") if asked else list(request.exchange.symbols())
        return [tell(request.exchange, symbol) for symbol in symbols]

    return answer


def price(exchange: Exchange, symbol: str) -> Json:
    return {"symbol": symbol, "price": text(exchange.floor(symbol).price)}


def trades(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    return [trade.plain() for trade in request.exchange.prints[request.symbol][-request.most(500, 1000) :]]


def joined_trades(request: Request) -> list[Json]:
    request.exchange.floor(request.symbol)
    since, until, first = (whole(request.params, name) for name in ("startTime", "endTime", "fromId"))
    rows = [
        trade
        for trade in request.exchange.prints[request.symbol]
        if trade.at_ms >= (since or 0) and (until is None or trade.at_ms <= until) and trade.number >= (first or 0)
    ]
    most = request.most(500, 1000)
    return [trade.joined() for trade in (rows[:most] if since is not None or first is not None else rows[-most:])]
