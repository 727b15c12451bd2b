"""The simulated exchange over the wire with bars of a test, and unmodified clients of ccxt that talk to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from config.sections.venue import VenueSettings
from execution.wire.server import KEY, WireServer
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.market import PlayedMarket
from market.bar import Bar, Slice
from market.instrument import Instrument
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)
FALLING, WIDE = "100 100 80 82", "100 110 99 100"
FLAT = "100 100 100 100"


def rules_of(symbol: str, **changes: Any) -> Instrument:
    """Trading rules of a market."""
    base, quote = symbol.split("/")
    rules = {
        "symbol": symbol, "base": base, "quote": quote, "tick_size": "0.01", "lot_size": "0.001", "min_notional": "5",
        "maker_fee_bps": "2", "taker_fee_bps": "10",
    }  # fmt: skip
    return Instrument.model_validate(rules | changes)


def settings_of(**changes: Any) -> VenueSettings:
    """Costs of the venue: half a cent of spread at 100, five levels, a tenth of the volume on a side."""
    shape = {
        "kind": "simulated", "starting_cash": "10000", "spread_bps": 2.0, "levels": 5, "level_step_bps": 10.0,
        "depth_fraction": 0.1,
    }  # fmt: skip
    return VenueSettings.model_validate(shape | changes)


def bars(rows: Sequence[str], symbol: str = "BTC/USDT", volume: float = 1000.0) -> list[Slice]:
    """Hourly slices of one symbol from lines of `open high low close`; the first opens at `START`."""
    found = []
    for hour, row in enumerate(rows):
        first, high, low, last = (float(price) for price in row.split())
        bar = Bar(
            symbol=symbol, timeframe=Timeframe.H1, close_utc=START + timedelta(hours=hour + 1), open=first, high=high,
            low=low, close=last, volume=volume,
        )  # fmt: skip
        found.append(Slice(close_utc=bar.close_utc, bars={symbol: bar}))
    return found


def exchange_of(
    coming: Sequence[str] = (FLAT,) * 50,
    history: Sequence[str] = (),
    *,
    settings: VenueSettings | None = None,
    balances: dict[str, str] | None = None,
    fee_in_quote: bool = False,
    played_as: Timeframe | None = None,
    **rules: Any,
) -> Exchange:
    """An exchange with one market, BTC/USDT, on these bars."""
    slices = bars((*history, *coming))
    past = [shown.bars["BTC/USDT"] for shown in slices[: len(history)]]
    market = PlayedMarket(("BTC/USDT",), Timeframe.H1, slices[len(history) :], {"BTC/USDT": past}, None, played_as)
    owned = {coin: Decimal(amount) for coin, amount in (balances or {"USDT": "10000", "BTC": "0"}).items()}
    return Exchange(
        market, {"BTC/USDT": rules_of("BTC/USDT", **rules)}, settings or settings_of(), owned, fee_in_quote=fee_in_quote
    )


def client_of(url: str, *, pro: bool = False, secret: str = KEY.secret, timeout: int = 1500, **options: Any) -> Any:
    """ccxt's own client of Binance, with its addresses on the simulator. Close it."""
    import ccxt.async_support
    import ccxt.pro

    ws = url.replace("http://", "ws://")
    shape = {
        "apiKey": KEY.name, "secret": secret, "timeout": timeout, "enableRateLimit": False,
        "options": {"fetchCurrencies": False, "fetchMargins": False, "fetchMarkets": {"types": ["spot"]}, **options},
        "urls": {
            "api": {
                "public": f"{url}/api/v3", "private": f"{url}/api/v3", "v1": f"{url}/api/v1", "sapi": f"{url}/sapi/v1",
                "ws": {"spot": f"{ws}/stream/ws", "ws-api": {"spot": f"{ws}/ws-api/v3"}},
            }
        },
    }  # fmt: skip
    return (ccxt.pro if pro else ccxt.async_support).binance(shape)


@dataclass
class World:
    """A running exchange and a client of it."""

    server: WireServer
    exchange: Exchange
    client: Any
    url: str


@asynccontextmanager
async def world(
    *args: Any,
    server: dict[str, Any] | None = None,
    pro: bool = False,
    client: dict[str, Any] | None = None,
    **more: Any,
) -> AsyncIterator[World]:
    """A server on loopback and a client, both closed at the end."""
    exchange = exchange_of(*args, **more)
    running = WireServer(exchange, **(server or {}))
    async with running as url:
        talking = client_of(url, pro=pro, **(client or {}))
        try:
            yield World(running, exchange, talking, url)
        finally:
            await talking.close()
