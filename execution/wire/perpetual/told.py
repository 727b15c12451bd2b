"""What the exchange of perpetuals answers about its markets and the account: Binance's USD-M bodies."""

import hashlib
from decimal import Decimal
from typing import Any

from config.clock import to_ms
from execution.exact import EXACT, ZERO, fee_on
from execution.wire import shown
from execution.wire.perpetual.exchange import PerpetualExchange
from execution.wire.request import Request
from execution.wire.trading import refusals
from execution.wire.trading.orders import Json, text
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import whole

FOREVER_MS = 4_133_404_800_000
"""The date of delivery of a contract that has none."""


def behind(request: Request) -> PerpetualExchange:
    """The exchange that is asked."""
    assert isinstance(request.exchange, PerpetualExchange)
    return request.exchange


def chosen(request: Request) -> list[str]:
    """The symbol that is asked for, or all. Raises Refused."""
    if "symbol" in request.params:
        request.exchange.floor(request.symbol)
        return [request.symbol]
    return list(request.exchange.symbols())


def rules(request: Request) -> Json:
    """The trading rules of all markets."""
    told = shown.rules(request.exchange, request.now_ms, list(request.exchange.symbols()))
    assets = [{"asset": behind(request).margins.quote, "marginAvailable": True, "autoAssetExchange": "-10000"}]
    symbols = [_contract(behind(request), each["symbol"], each) for each in told["symbols"]]
    return {**told, "futuresType": "U_MARGINED", "assets": assets, "symbols": symbols}


def _contract(exchange: PerpetualExchange, symbol: str, spot: Json) -> Json:
    rules = exchange.floor(symbol).instrument
    terms = exchange.margins.terms[rules.symbol]
    kept = [each for each in spot["filters"] if each["filterType"] in ("PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE")]
    filters = [
        *kept, {"filterType": "MAX_NUM_ORDERS", "limit": 200}, {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": text(rules.min_notional)},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500", "multiplierDecimal": "4"},
    ]  # fmt: skip
    return {
        "symbol": symbol, "pair": symbol, "contractType": "PERPETUAL", "deliveryDate": FOREVER_MS,
        "onboardDate": 1_569_398_400_000, "status": "TRADING", "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000", "baseAsset": rules.base, "quoteAsset": rules.quote, "marginAsset": rules.quote,
        "pricePrecision": 8, "quantityPrecision": 8, "baseAssetPrecision": 8, "quotePrecision": 8,
        "underlyingType": "COIN", "triggerProtect": "0.0500",
        "liquidationFee": text(fee_on(Decimal(1), terms.liquidation_fee_bps)), "marketTakeBound": "0.05", "filters": filters,
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }  # fmt: skip


def brackets(request: Request) -> list[Json]:
    """The tiers of margin."""
    exchange = behind(request)
    return [{"symbol": symbol, "brackets": _tiers(exchange, symbol)} for symbol in chosen(request)]


def _tiers(exchange: PerpetualExchange, symbol: str) -> list[Json]:
    floor_value, found = ZERO, list[Json]()
    for number, tier in enumerate(exchange.margins.terms[exchange.floor(symbol).instrument.symbol].tiers, 1):
        most = tier.up_to if tier.up_to is not None else Decimal(10) ** 12
        found.append(
            {
                "bracket": number, "initialLeverage": int(tier.max_leverage), "notionalCap": float(most),
                "notionalFloor": float(floor_value), "maintMarginRatio": float(tier.maintenance_rate),
                "cum": float(tier.maintenance_amount),
            }
        )  # fmt: skip
        floor_value = most
    return found


def mark_klines(request: Request) -> list[Any]:
    """Bars of the mark price since the market began to be played, oldest first."""
    exchange, params = behind(request), request.params
    floor, timeframe = exchange.floor(request.symbol), exchange.market.timeframe
    if params["interval"] != timeframe.value:
        raise Refused(refusals.BAD_INTERVAL)
    since, until = whole(params, "startTime") or 0, whole(params, "endTime")
    found = exchange.market.mark_klines(floor.instrument.symbol)
    rows = [row for row in found if row.open_ms >= since and (until is None or row.open_ms <= until)]
    most = request.most(500, 1500)
    return [shown.kline_row(row, timeframe) for row in (rows[:most] if since else rows[-most:])]


def premium(request: Request) -> Any:
    """Mark prices, and the rates of funding that were settled last."""
    exchange = behind(request)
    found = []
    for symbol in chosen(request):
        name = exchange.floor(symbol).instrument.symbol
        mark = text(exchange.floors[name].mark)
        found.append(
            {
                "symbol": symbol, "markPrice": mark, "indexPrice": mark, "estimatedSettlePrice": mark,
                "lastFundingRate": text(exchange.last_rate(symbol).rate), "interestRate": "0.00010000",
                "nextFundingTime": exchange.next_funding_ms(name), "time": to_ms(exchange.now()),
            }
        )  # fmt: skip
    return found[0] if "symbol" in request.params else found


def rates(request: Request) -> list[Json]:
    """The rates of funding that were settled, oldest first."""
    since, until = whole(request.params, "startTime") or 0, whole(request.params, "endTime")
    rows = [
        due for due in behind(request).settled
        if due.symbol in chosen(request) and due.at_ms >= since and (until is None or due.at_ms <= until)
    ]  # fmt: skip
    most = request.most(100, 1000)
    return [
        {"symbol": due.symbol, "fundingRate": text(due.rate), "fundingTime": due.at_ms, "markPrice": text(due.mark)}
        for due in (rows[:most] if since else rows[-most:])
    ]


def intervals(request: Request) -> list[Json]:
    """The hours between fundings."""
    exchange = behind(request)
    return [
        {
            "symbol": symbol, "adjustedFundingRateCap": "0.03000000", "adjustedFundingRateFloor": "-0.03000000",
            "fundingIntervalHours": exchange.margins.terms[exchange.floor(symbol).instrument.symbol].funding_interval_h,
            "disclaimer": False,
        }
        for symbol in exchange.symbols()
    ]  # fmt: skip


def account(request: Request) -> Json:
    """The wallet. Positions are told by `positions` alone, but those that are open."""
    exchange, at_ms = behind(request), to_ms(request.exchange.now())
    purse = exchange.margins
    profit = sum((held.profit(exchange.floors[name].mark) for name, held in purse.positions.items()), ZERO)
    put_in = sum((held.margin for held in purse.positions.values()), ZERO)
    total = EXACT.add(purse.wallet, profit)
    asset = {
        "asset": purse.quote, "walletBalance": text(purse.wallet), "unrealizedProfit": text(profit),
        "marginBalance": text(total), "maintMargin": "0.00000000", "initialMargin": text(purse.bound),
        "positionInitialMargin": text(put_in), "openOrderInitialMargin": text(EXACT.subtract(purse.bound, put_in)),
        "crossWalletBalance": text(EXACT.subtract(purse.wallet, put_in)), "crossUnPnl": "0.00000000",
        "availableBalance": text(max(purse.free, ZERO)), "maxWithdrawAmount": text(max(purse.free, ZERO)),
        "marginAvailable": True, "updateTime": at_ms,
    }  # fmt: skip
    key = request.key
    return {
        "feeTier": 0, "canTrade": key is None or key.trades, "canDeposit": True, "canWithdraw": key is not None and key.withdraws,
        "updateTime": 0, "multiAssetsMargin": False, "totalWalletBalance": text(purse.wallet),
        "totalUnrealizedProfit": text(profit), "totalMarginBalance": text(total),
        "availableBalance": text(max(purse.free, ZERO)), "assets": [asset], "positions": [],
    }  # fmt: skip


def positions(request: Request) -> list[Json]:
    """The positions that are open."""
    exchange = behind(request)
    purse, found = exchange.margins, list[Json]()
    for symbol in chosen(request):
        name = exchange.floor(symbol).instrument.symbol
        held, mark = purse.positions[name], exchange.floors[name].mark
        if not held.quantity:
            continue
        price = purse.liquidation_price(name)
        put_in = text(held.margin) if purse.isolated[name] else "0"
        found.append(
            {
                "symbol": symbol, "positionSide": "BOTH", "positionAmt": text(held.quantity), "entryPrice": text(held.entry),
                "breakEvenPrice": text(held.entry), "markPrice": text(mark), "unRealizedProfit": text(held.profit(mark)),
                "liquidationPrice": text(price or ZERO), "isolatedMargin": put_in,
                "notional": text((held.quantity * mark).quantize(Decimal("1e-8"))), "marginAsset": purse.quote,
                "isolatedWallet": put_in, "initialMargin": text(held.margin),
                "maintMargin": text(purse.maintenance(name, mark)), "positionInitialMargin": text(held.margin),
                "openOrderInitialMargin": "0", "adl": 2, "bidNotional": "0", "askNotional": "0", "updateTime": held.at_ms,
            }
        )  # fmt: skip
    return found


def settings(request: Request) -> list[Json]:
    """Margin mode and leverage of each market."""
    exchange, found = behind(request), list[Json]()
    for symbol in chosen(request):
        name = exchange.floor(symbol).instrument.symbol
        found.append(
            {
                "symbol": symbol, "marginType": "ISOLATED" if exchange.margins.isolated[name] else "CROSSED",
                "isAutoAddMargin": False, "leverage": int(exchange.margins.leverage[name]), "maxNotionalValue": "1000000",
            }
        )  # fmt: skip
    return found


def income(request: Request) -> list[Json]:
    """Payments into and out of the wallet, oldest first."""
    exchange, params = behind(request), request.params
    since, until, kind = whole(params, "startTime") or 0, whole(params, "endTime"), params.get("incomeType")
    rows = [
        row for row in exchange.incomes
        if row.symbol in chosen(request) and kind in (None, row.kind) and row.at_ms >= since
        and (until is None or row.at_ms <= until)
    ]  # fmt: skip
    most = request.most(100, 1000)
    return [row.told(exchange.margins.quote) for row in (rows[:most] if since else rows[-most:])]


def commission(request: Request) -> Json:
    """The fees of a market [fraction]."""
    rules = request.exchange.floor(request.symbol).instrument
    maker, taker = (text(fee_on(Decimal(1), bps)) for bps in (rules.maker_fee_bps, rules.taker_fee_bps))
    return {"symbol": request.symbol, "makerCommissionRate": maker, "takerCommissionRate": taker}


def listen_key(request: Request) -> Json:
    """The key of the user's stream, which lives as long as the server does."""
    assert request.key is not None  # the row asks for one
    return {"listenKey": listen_key_of(request.key.name)}


def listen_key_of(name: str) -> str:
    """The key of the stream of whoever has this key."""
    return hashlib.sha256(f"listen {name}".encode()).hexdigest()
