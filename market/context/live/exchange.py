"""An exchange through ccxt: order book, funding rate, open interest, and accounts that are long or short. It needs no key.

The order book is that of the market itself; the other figures are those of the perpetual contract on it (`BTC/USDT:USDT`). What
an exchange does not offer is left out. ccxt raises many errors; each becomes one clause of `NotRead`.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import DecimalException
from typing import Any

import numpy as np

from config.reading.connections import ccxt_client
from market.bar import Fact
from market.candles import Floats
from market.context.books import depth, imbalance, spread_bps
from market.context.live.reading import fact, moment, number
from market.context.live.web import NotRead

_BOOK_LEVELS = 1000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange by its name at ccxt. `options` are given to ccxt; tests name a server on this machine in them."""

    name: str
    timeout_s: float = 10.0
    options: Mapping[str, Any] = field(default_factory=dict)

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        """See `LiveSource`. Raises NotRead when nothing could be read of any market."""
        client = _client(self.name, self.timeout_s, self.options)
        found: list[Fact] = []
        failed = ""
        try:
            await _guarded(_loaded(client), self.timeout_s)
            for symbol in symbols:
                for read in (_book, _funding_and_interest, _ratio):
                    try:
                        found += await _guarded(read(client, symbol, now), self.timeout_s)
                    except NotRead as fault:
                        failed = f"{symbol}: {fault}"
        finally:
            with suppress(OSError):
                await client.close()
        if not found:
            raise NotRead(failed or "nothing was asked for")
        return found


def _client(name: str, timeout_s: float, options: Mapping[str, Any]) -> Any:
    try:
        import ccxt.async_support as ccxt
    except ImportError:
        raise NotRead("the package ccxt is not installed") from None
    if name not in ccxt.exchanges:
        raise NotRead(f"ccxt has no exchange {name!r}")
    asked = {"timeout": int(timeout_s * 1000), "options": {"fetchCurrencies": False}, **options}
    return ccxt_client("ccxt.async_support", name, asked)


async def _guarded(read: Awaitable[list[Fact]], timeout_s: float) -> list[Fact]:
    """What `read` gives. Raises NotRead for each error of ccxt, and when it takes too long."""
    from ccxt.base.errors import BaseError

    try:
        async with asyncio.timeout(3 * timeout_s):
            return await read
    except TimeoutError:
        raise NotRead(f"no whole answer within {3 * timeout_s:g} s") from None
    except BaseError as error:
        raise NotRead(f"{type(error).__name__}: {str(error)[:120]}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, DecimalException) as error:
        raise NotRead(f"the answer is of another form ({type(error).__name__})") from error


async def _loaded(client: Any) -> list[Fact]:
    await client.load_markets()
    return []


async def _book(client: Any, symbol: str, now: datetime) -> list[Fact]:
    answer = await client.fetch_order_book(symbol, _BOOK_LEVELS)
    bids, asks = (_levels(answer[side]) for side in ("bids", "asks"))
    if bids[0, 0] >= asks[0, 0]:
        raise NotRead("the book is crossed")
    figures = {"book_spread_bps": spread_bps(bids, asks), "book_imbalance": imbalance(bids, asks)}
    if (near := depth(bids, asks)) is not None:
        figures["book_depth_1pct"] = near
    return [fact(name, symbol, now, now, value) for name, value in figures.items()]


def _levels(side: Sequence[Sequence[float]]) -> Floats:
    levels = np.array([[level[0], level[1]] for level in side], dtype=np.float64)
    if not len(levels) or not np.isfinite(levels).all() or (levels <= 0).any():
        raise NotRead("a side of the book is empty, or not of positive numbers")
    return levels


async def _funding_and_interest(client: Any, symbol: str, now: datetime) -> list[Fact]:
    contract = _contract(client, symbol)
    rate = await client.fetch_funding_rate(contract)
    found = [fact("funding_rate", symbol, now, now, number(rate, "fundingRate"))]
    if client.has.get("fetchOpenInterest"):
        interest = await client.fetch_open_interest(contract)
        value = interest.get("openInterestValue")
        if value is None:
            value = number(interest, "openInterestAmount") * number(rate, "markPrice")
        found.append(fact("open_interest", symbol, now, now, float(value)))
    return found


async def _ratio(client: Any, symbol: str, now: datetime) -> list[Fact]:
    if not client.has.get("fetchLongShortRatioHistory"):
        return []
    rows = await client.fetch_long_short_ratio_history(_contract(client, symbol), "1h", None, 1)
    newest = rows[-1]
    return [fact("long_short_ratio", symbol, moment(newest, "timestamp"), now, number(newest, "longShortRatio"))]


def _contract(client: Any, symbol: str) -> str:
    """The perpetual contract on a market. Raises NotRead when the exchange has none."""
    name = f"{symbol}:{symbol.partition('/')[2]}"
    if name not in (client.markets or {}):
        raise NotRead("the exchange has no perpetual contract on it")
    return name
