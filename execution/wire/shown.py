"""What the exchange shows of its markets to everybody: trading rules, klines, books, tickers, trades.

Only the bars of the played market are known: a kline has no number of trades of its own, and a public trade is one for each
movement of the price.
"""

from decimal import Decimal
from typing import Any

from config.clock import to_ms
from execution.exact import EXACT, ZERO, exact_decimal
from execution.wire.access import DAILY_LIMIT, ORDER_LIMIT, WEIGHT_LIMIT
from execution.wire.trading import refusals
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.floor import Floor
from execution.wire.trading.market import Kline
from execution.wire.trading.orders import Json, text
from execution.wire.trading.refusals import Refused
from execution.wire.trading.wanted import BAND, MOST_OPEN, MOST_STOPS, ORDER_TYPES
from market.timeframe import Timeframe

_MOST_KLINES = 1000
_DAY_MS = 86_400_000


def rules(exchange: Exchange, now_ms: int, symbols: list[str]) -> Json:
    """The trading rules of these symbols, and the limits of requests."""
    limits = (
        ("REQUEST_WEIGHT", "MINUTE", 1, WEIGHT_LIMIT), ("ORDERS", "SECOND", 10, ORDER_LIMIT),
        ("ORDERS", "DAY", 1, DAILY_LIMIT),
    )  # fmt: skip
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": [
            {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": most}
            for kind, interval, count, most in limits
        ],
        "exchangeFilters": [],
        "symbols": [_rules_of(symbol, exchange.floor(symbol)) for symbol in symbols],
    }


def _rules_of(symbol: str, floor: Floor) -> Json:
    rules = floor.instrument
    filters: list[Json] = [
        {
            "filterType": "PRICE_FILTER", "minPrice": text(rules.tick_size), "maxPrice": "10000000.00000000",
            "tickSize": text(rules.tick_size),
        },
        {
            "filterType": "LOT_SIZE", "minQty": text(rules.lot_size), "maxQty": "9000000.00000000",
            "stepSize": text(rules.lot_size),
        },
        {
            "filterType": "MARKET_LOT_SIZE", "minQty": text(rules.lot_size), "maxQty": "9000000.00000000",
            "stepSize": text(rules.lot_size),
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": str(BAND[1]), "bidMultiplierDown": str(BAND[0]),
            "askMultiplierUp": str(BAND[1]), "askMultiplierDown": str(BAND[0]), "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL", "minNotional": text(rules.min_notional), "applyMinToMarket": True,
            "maxNotional": "9000000.00000000", "applyMaxToMarket": False, "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MOST_OPEN},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MOST_STOPS},
    ]  # fmt: skip
    return {
        "symbol": symbol, "status": "TRADING", "baseAsset": rules.base, "baseAssetPrecision": 8,
        "quoteAsset": rules.quote, "quotePrecision": 8, "quoteAssetPrecision": 8, "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8, "orderTypes": list(ORDER_TYPES), "icebergAllowed": False, "ocoAllowed": True,
        "otoAllowed": False, "quoteOrderQtyMarketAllowed": True, "allowTrailingStop": False,
        "cancelReplaceAllowed": True, "amendAllowed": False, "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False, "filters": filters, "permissions": [], "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER", "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }  # fmt: skip


def klines(
    exchange: Exchange, symbol: str, interval: str, since: int | None, until: int | None, most: int
) -> list[Any]:
    """Klines, oldest first: the newest ones, or those from `since` [ms since 1970 UTC] on. Raises Refused."""
    floor, own = exchange.floor(symbol), exchange.market.timeframe
    if interval not in Timeframe.__members__.values() or Timeframe(interval).seconds % own.seconds:
        raise Refused(refusals.BAD_INTERVAL)
    wanted = Timeframe(interval)
    rows = exchange.market.klines(floor.instrument.symbol, wanted)
    if until is not None:
        rows = [row for row in rows if row.open_ms <= until]
    if since is not None:
        rows = [row for row in rows if row.open_ms >= since][: min(most, _MOST_KLINES)]
    return [kline_row(row, wanted) for row in rows[-min(most, _MOST_KLINES) :]]


def kline_row(row: Kline, timeframe: Timeframe) -> list[Any]:
    """One kline as the exchange tells it."""
    prices = [text(exact_decimal(value)) for value in row[1:6]]
    turnover = text(exact_decimal(round(row.volume * row.close, 8)))
    close_ms = row.open_ms + timeframe.seconds * 1000 - 1
    return [row.open_ms, *prices, close_ms, turnover, 1, "0.00000000", "0.00000000", "0"]


def depth(floor: Floor, most: int) -> tuple[list[list[str]], list[list[str]]]:
    """Bids and asks as they are shown now, best first."""
    book = floor.book()
    sides = ([[text(price), text(left)] for price, left in levels if left > 0] for levels in book)
    bids, asks = (side[:most] for side in sides)
    return bids, asks


def best(symbol: str, floor: Floor) -> Json:
    """The best bid and ask."""
    bids, asks = depth(floor, 1)
    bid, ask = (side[0] if side else ["0.00000000", "0.00000000"] for side in (bids, asks))
    return {"symbol": symbol, "bidPrice": bid[0], "bidQty": bid[1], "askPrice": ask[0], "askQty": ask[1]}


def day(exchange: Exchange, symbol: str) -> Json:
    """What happened in the last 24 hours."""
    floor, now_ms = exchange.floor(symbol), to_ms(exchange.now())
    rows = exchange.market.klines(floor.instrument.symbol, exchange.market.timeframe)
    rows = [row for row in rows if row.open_ms > now_ms - _DAY_MS] or rows[-1:]
    first, last = (exact_decimal(rows[0].open), exact_decimal(rows[-1].close)) if rows else (ZERO, ZERO)
    volume = exact_decimal(round(sum(row.volume for row in rows), 8))
    change = EXACT.subtract(last, first)
    percent = (change / first * 100).quantize(Decimal("0.001")) if first else ZERO
    told = best(symbol, floor)
    return {
        **told, "priceChange": text(change), "priceChangePercent": str(percent), "weightedAvgPrice": text(last),
        "prevClosePrice": text(first), "lastPrice": text(floor.price or last), "lastQty": "0.00000000",
        "openPrice": text(first), "highPrice": text(exact_decimal(max((row.high for row in rows), default=0.0))),
        "lowPrice": text(exact_decimal(min((row.low for row in rows), default=0.0))), "volume": text(volume),
        "quoteVolume": text((volume * last).quantize(Decimal("1e-8"))), "openTime": now_ms - _DAY_MS,
        "closeTime": now_ms, "firstId": 0, "lastId": len(rows), "count": len(rows),
    }  # fmt: skip
