"""The simulated exchange of perpetuals over the wire with bars and marks of a test, and unmodified ccxt that talks to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from wire_support import FLAT, START, settings_of

from config.clock import SystemClock
from execution.wire.access import Limits
from execution.wire.perpetual.exchange import PerpetualExchange
from execution.wire.server import KEY, WireServer
from execution.wire.trading.market import PlayedMarket
from market.bar import Bar, FundingRate, MarkBar, Slice
from market.instrument import Instrument, InstrumentKind
from market.timeframe import Timeframe

BTC = "BTC/USDT"
TIERS = [
    {"up_to": "5000", "max_leverage": "10", "maintenance_rate": "0.01", "maintenance_amount": "0"},
    {"up_to": "50000", "max_leverage": "5", "maintenance_rate": "0.02", "maintenance_amount": "50"},
    {"up_to": None, "max_leverage": "2", "maintenance_rate": "0.1", "maintenance_amount": "4050"},
]
"""Tiers of margin without a jump."""


def perpetual_rules(symbol: str = BTC, **changes: Any) -> Instrument:
    """Trading rules of a perpetual."""
    base, quote = symbol.split("/")
    rules = {
        "symbol": symbol, "base": base, "quote": quote, "kind": InstrumentKind.PERPETUAL, "tick_size": "0.01",
        "lot_size": "0.001", "min_notional": "5", "maker_fee_bps": "2", "taker_fee_bps": "5",
        "perpetual": {"tiers": TIERS, "liquidation_fee_bps": "50", "funding_interval_h": 8},
    }  # fmt: skip
    return Instrument.model_validate(rules | changes)


def perpetual_bars(
    rows: Sequence[str], marks: Sequence[str] | None = None, rates: dict[int, float] | None = None, symbol: str = BTC
) -> list[Slice]:
    """Hourly slices from lines of `open high low close`; the first opens at `START`. `rates`: of funding, by bar."""
    found = []
    for hour, row in enumerate(rows):
        first, high, low, last = (float(price) for price in row.split())
        close = START + timedelta(hours=hour + 1)
        bar = Bar(
            symbol=symbol, timeframe=Timeframe.H1, close_utc=close, open=first, high=high, low=low, close=last, volume=1000.0
        )  # fmt: skip
        marked = (marks[hour] if marks is not None else row).split()
        mark = MarkBar(**dict(zip(("open", "high", "low", "close"), map(float, marked), strict=True)))
        due = () if rates is None or hour not in rates else (
            FundingRate(symbol=symbol, at_utc=close - timedelta(hours=1), rate=rates[hour]),
        )  # fmt: skip
        found.append(Slice(close_utc=close, bars={symbol: bar}, marks={symbol: mark}, funding=due))
    return found


def perpetual_exchange(
    coming: Sequence[str] = (FLAT,) * 50, marks: Sequence[str] | None = None, rates: dict[int, float] | None = None, *,
    wallet: str = "10000", begins: datetime | None = None, more: dict[str, Sequence[str]] | None = None, **rules: Any,
) -> PerpetualExchange:  # fmt: skip
    """An exchange with BTC/USDT on these bars; `more`: other markets, by symbol, on theirs; `begins`: when the first
    opens, now if nothing is said."""
    slices = perpetual_bars(coming, marks, rates)
    for symbol, rows in (more or {}).items():
        others = perpetual_bars(rows, None, rates, symbol)
        slices = [
            each.model_copy(
                update={
                    "bars": {**each.bars, **other.bars}, "marks": {**each.marks, **other.marks},
                    "funding": (*each.funding, *other.funding),
                }
            )
            for each, other in zip(slices, others, strict=True)
        ]  # fmt: skip
    names = (BTC, *(more or {}))
    market = PlayedMarket(names, Timeframe.H1, slices, begins=begins or datetime.now(UTC).replace(microsecond=0))
    owned = {"USDT": Decimal(wallet)}
    return PerpetualExchange(market, {name: perpetual_rules(name, **rules) for name in names}, settings_of(), owned)


def perpetual_server(exchange: PerpetualExchange, **more: Any) -> WireServer:
    """A server that counts no weight."""
    return WireServer(exchange, limits=Limits(SystemClock(), weight_limit=10**9, order_limit=10**9), **more)


@asynccontextmanager
async def usdm(exchange: PerpetualExchange) -> AsyncIterator[Any]:
    """ccxt's own client of Binance USD-M on a running exchange."""
    import ccxt.async_support

    async with perpetual_server(exchange) as url:
        client = ccxt.async_support.binanceusdm(
            {
                "apiKey": KEY.name, "secret": KEY.secret, "timeout": 1500, "enableRateLimit": False,
                "options": {"fetchCurrencies": False},
            }
        )  # fmt: skip
        client.urls["api"] = {
            name: address.replace("https://fapi.binance.com", url) if isinstance(address, str) else address
            for name, address in client.urls["api"].items()
        }
        try:
            yield client
        finally:
            await client.close()
