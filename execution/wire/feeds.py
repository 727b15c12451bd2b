"""The market streams: each tells what is new in one market since it told the last time."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Protocol

from config.clock import to_ms
from execution.exact import ZERO
from execution.wire import shown
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.market import Kline
from execution.wire.trading.orders import Json, text
from market.timeframe import Timeframe


class Feed(Protocol):
    """One stream of one client."""

    def news(self) -> Iterable[Json]:
        """What has happened since the last call."""
        ...


class _Depth:
    """Changed levels of the book, numbered without a gap."""

    def __init__(self, exchange: Exchange, symbol: str) -> None:
        self._exchange, self._symbol = exchange, symbol
        self._floor = exchange.floor(symbol)
        self._told, self._levels = self._floor.version, self._present()

    def news(self) -> Iterable[Json]:
        if self._floor.version == self._told:
            return
        before, self._levels = self._levels, self._present()
        changed = [_changed(was, now) for was, now in zip(before, self._levels, strict=True)]
        yield {
            "e": "depthUpdate", "E": to_ms(self._exchange.now()), "s": self._symbol, "U": self._told + 1,
            "u": self._floor.version, "b": changed[0], "a": changed[1],
        }  # fmt: skip
        self._told = self._floor.version

    def _present(self) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]:
        book = self._floor.book()
        bids, asks = ({price: left for price, left in levels if left > 0} for levels in book)
        return bids, asks


class _Top:
    """The best levels of the book, whole."""

    def __init__(self, exchange: Exchange, symbol: str, most: int) -> None:
        self._floor, self._most, self._told = exchange.floor(symbol), most, 0

    def news(self) -> Iterable[Json]:
        if self._floor.version != self._told:
            self._told = self._floor.version
            bids, asks = shown.depth(self._floor, self._most)
            yield {"lastUpdateId": self._told, "bids": bids, "asks": asks}


class _Klines:
    """The bar that forms, at each change; and once more when it has closed."""

    def __init__(self, exchange: Exchange, symbol: str, timeframe: Timeframe) -> None:
        self._exchange, self._symbol, self._timeframe = exchange, symbol, timeframe
        self._name = exchange.floor(symbol).instrument.symbol
        rows = self._rows()
        self._from_ms = rows[-1].open_ms if rows else 0

    def news(self) -> Iterable[Json]:
        for row in self._rows():
            if row.open_ms >= self._from_ms:
                self._from_ms = row.open_ms + (1 if row.closed else 0)
                yield self._told(row)

    def _rows(self) -> list[Kline]:
        return self._exchange.market.klines(self._name, self._timeframe, newest=2)

    def _told(self, row: Kline) -> Json:
        opened, first, high, low, last, volume, closes, turnover, *_ = shown.kline_row(row, self._timeframe)
        return {
            "e": "kline", "E": to_ms(self._exchange.now()), "s": self._symbol,
            "k": {
                "t": opened, "T": closes, "s": self._symbol, "i": self._timeframe.value, "f": 0, "L": 0, "o": first,
                "c": last, "h": high, "l": low, "v": volume, "n": 1, "x": row.closed, "q": turnover, "V": "0.00000000",
                "Q": "0.00000000", "B": "0",
            },
        }  # fmt: skip


class _Trades:
    """Public trades, each once."""

    def __init__(self, exchange: Exchange, symbol: str, *, joined: bool) -> None:
        exchange.floor(symbol)
        self._exchange, self._symbol, self._joined = exchange, symbol, joined
        self._after = max((trade.number for trade in exchange.prints[symbol]), default=0)

    def news(self) -> Iterable[Json]:
        for trade in self._exchange.prints[self._symbol]:
            if trade.number > self._after:
                self._after = trade.number
                head = {"e": "aggTrade" if self._joined else "trade", "E": trade.at_ms, "s": self._symbol}
                own = {
                    "t": trade.number, "p": text(trade.price), "q": text(trade.quantity), "T": trade.at_ms,
                    "m": trade.buyer_made, "M": True,
                }  # fmt: skip
                yield {**head, **(trade.joined() if self._joined else own)}


class _Tickers:
    """The best prices, or the figures of the day, when the book has changed."""

    def __init__(self, exchange: Exchange, symbol: str, *, day: bool) -> None:
        self._exchange, self._symbol, self._day = exchange, symbol, day
        self._floor, self._told = exchange.floor(symbol), 0

    def news(self) -> Iterable[Json]:
        if self._floor.version != self._told:
            self._told = self._floor.version
            yield self._of_day() if self._day else self._best()

    def _best(self) -> Json:
        told = shown.best(self._symbol, self._floor)
        return {
            "u": self._told, "s": self._symbol, "b": told["bidPrice"], "B": told["bidQty"], "a": told["askPrice"],
            "A": told["askQty"],
        }  # fmt: skip

    def _of_day(self) -> Json:
        told = shown.day(self._exchange, self._symbol)
        names = {
            "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice", "c": "lastPrice",
            "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty", "o": "openPrice",
            "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume", "O": "openTime", "C": "closeTime",
            "F": "firstId", "L": "lastId", "n": "count",
        }  # fmt: skip
        head = {"e": "24hrTicker", "E": told["closeTime"], "s": self._symbol}
        return {**head, **{short: told[name] for short, name in names.items()}}


def feed_of(exchange: Exchange, name: str) -> Feed | None:
    """The feed of a stream's name, such as `btcusdt@kline_1h`; None if there is none."""
    symbol, _, wanted = name.partition("@")
    symbol, kind = symbol.upper(), wanted.partition("@")[0]
    if symbol not in exchange.symbols():
        return None
    makers: dict[str, Callable[[], Feed]] = {
        "depth": lambda: _Depth(exchange, symbol),
        "trade": lambda: _Trades(exchange, symbol, joined=False),
        "aggTrade": lambda: _Trades(exchange, symbol, joined=True),
        "bookTicker": lambda: _Tickers(exchange, symbol, day=False),
        "ticker": lambda: _Tickers(exchange, symbol, day=True),
        **{f"depth{most}": lambda most=most: _Top(exchange, symbol, most) for most in (5, 10, 20)},  # type: ignore[misc]
    }
    if kind in makers:
        return makers[kind]()
    interval = kind.removeprefix("kline_")
    if kind == interval or interval not in Timeframe.__members__.values():
        return None
    timeframe = Timeframe(interval)
    return None if timeframe.seconds % exchange.market.timeframe.seconds else _Klines(exchange, symbol, timeframe)


def _changed(before: dict[Decimal, Decimal], now: dict[Decimal, Decimal]) -> list[list[str]]:
    """The levels that differ: price and present quantity, zero for one that is gone."""
    prices = sorted(before.keys() | now.keys())
    return [[text(price), text(now.get(price, ZERO))] for price in prices if before.get(price) != now.get(price)]
