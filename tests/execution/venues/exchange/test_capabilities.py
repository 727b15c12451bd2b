"""The table of exchanges: each row against ccxt's own words on the wire, its page, and what is refused."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exchange_support import QUICK
from loopback import loopback

from config.clock import SystemClock
from config.errors import UsageFault
from execution.venues.exchange.capabilities import CAPABILITIES, Find, Play, capability_of, table
from execution.venues.exchange.lines.client import Client, Wanted
from execution.venues.exchange.lines.wires import ExchangeKeys, Wires, wires_of
from execution.venues.exchange.rules import Sized
from risk.order import Side

D = Decimal
ROOT = Path(__file__).resolve().parents[4]
KEYS = ExchangeKeys("key", "c2VjcmV0c2VjcmV0", "password")
MINE = "0123456789ab4def8123456789abcdef"


def test_the_page_of_exchanges_shows_the_table() -> None:
    assert table() in (ROOT / "docs" / "exchanges.md").read_text(), "paste what capabilities.table() returns"


def test_an_exchange_without_a_row_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(UsageFault, match="binance, kraken, bybit, okx, coinbase"):
        capability_of("kucoin", live=True)


@pytest.mark.parametrize("exchange", ["kraken", "coinbase"])
def test_play_money_is_refused_where_the_exchange_has_none(exchange: str) -> None:
    with pytest.raises(UsageFault, match="no test network"):
        capability_of(exchange, live=False)


def _market(symbol: str, **ids: Any) -> dict[str, Any]:
    base, quote = symbol.split("/")
    return {
        "id": ids["id"], "symbol": symbol, "base": base, "quote": quote, "baseId": base, "quoteId": quote, "type": "spot",
        "spot": True, "margin": False, "swap": False, "future": False, "option": False, "contract": False, "active": True,
        "linear": None, "inverse": None, "taker": "0.001", "maker": "0.001",
        "info": {"orderTypes": ["LIMIT", "MARKET", "STOP_LOSS"]}, "precision": {"amount": "0.0001", "price": "0.01"},
        "limits": {"amount": {"min": "0.0001", "max": None}, "price": {}, "cost": {"min": "5", "max": None}, "market": {}},
    }  # fmt: skip


IDS = {"binance": "BTCUSDT", "kraken": "XBTUSDT", "bybit": "BTCUSDT", "okx": "BTC-USDT", "coinbase": "BTC-USDT"}


def on_the_wire(exchange: str, ask: Any) -> list[tuple[str, str]]:
    """Path with query, and body, of each request that a question makes; nothing is answered."""
    sent: list[tuple[str, str]] = []

    async def main() -> None:
        with loopback() as server:
            row = CAPABILITIES[exchange]
            async with wires_of(row, KEYS, server.url, QUICK._replace(patience_s=0.0), 1, live=True) as wires:
                for ccxt in wires.all:
                    ccxt.set_markets([_market("BTC/USDT", id=IDS[exchange])])
                    ccxt.options["unifiedMarginStatus"] = 6
                    ccxt.options["enableUnifiedMargin"], ccxt.options["enableUnifiedAccount"] = False, True
                    _listen(ccxt, sent)
                await ask(Client(wires, row, SystemClock()), wires)

    asyncio.run(main())
    return sent


def _listen(ccxt: Any, sent: list[tuple[str, str]]) -> None:
    fetch = ccxt.fetch

    async def note(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        sent.append((url, body or ""))
        return await fetch(url, method, headers, body)

    ccxt.fetch = note


def everything(sent: list[tuple[str, str]]) -> str:
    return "\n".join(f"{url} {body}" for url, body in sent)


@pytest.mark.parametrize("exchange", list(CAPABILITIES))
def test_a_new_order_carries_our_client_id_and_no_other(exchange: str) -> None:
    async def ask(client: Client, _: Wires) -> None:
        for sized, side, exits in (
            (Sized(D("1"), D("100")), Side.BUY, False),
            (Sized(D("1"), None if CAPABILITIES[exchange].market_stop else D("94.52"), D("95")), Side.SELL, True),
        ):
            await client.create(Wanted(MINE, "BTC/USDT", side, sized, at_once=not exits), exits=exits)

    sent = on_the_wire(exchange, ask)
    row = CAPABILITIES[exchange]
    assert len(sent) == 2, "one request an order, and nothing is repeated"
    for text, name in zip(
        (everything(sent[:1]), everything(sent[1:])), (row.create, row.stop_create or row.create), strict=True
    ):
        assert text.count(MINE) == 1
        assert name in text
        assert "TKT5PX2F" not in text
        assert "ccxt" not in text.lower()
    assert "IOC" in everything(sent[:1]).upper()
    assert "95" in everything(sent[1:])


@pytest.mark.parametrize("exchange", [name for name, row in CAPABILITIES.items() if row.find is not Find.SCANNED])
@pytest.mark.parametrize("stop", [False, True])
def test_an_order_is_looked_for_and_cancelled_by_the_parameters_of_its_row(exchange: str, stop: bool) -> None:
    row = CAPABILITIES[exchange]

    async def ask(client: Client, wires: Wires) -> None:
        for asking in (
            client._found(wires.trading, "BTC/USDT", MINE, stop=stop), client.cancel("BTC/USDT", MINE, None, stop=stop),
        ):  # fmt: skip
            with pytest.raises(Exception, match=exchange):
                await asking

    text = everything(on_the_wire(exchange, ask))
    assert text.count(MINE) == 2
    assert "None" not in text
    assert (f"{row.stop_create or row.find_by}" if stop else row.find_by) in text


def test_a_row_without_a_parameter_to_cancel_by_waits_for_the_exchanges_own_id() -> None:
    async def ask(client: Client, _: Wires) -> None:
        with pytest.raises(Exception, match="not known yet"):
            await client.cancel("BTC/USDT", MINE, None, stop=False)
        with pytest.raises(Exception, match="coinbase"):
            await client.cancel("BTC/USDT", MINE, "their-id", stop=False)

    assert "their-id" in everything(on_the_wire("coinbase", ask))


@pytest.mark.parametrize("exchange", [name for name, row in CAPABILITIES.items() if row.play is not Play.NONE])
def test_play_money_is_asked_for_at_the_exchanges_own_test_addresses(exchange: str) -> None:
    async def main() -> None:
        async with wires_of(CAPABILITIES[exchange], KEYS, None, QUICK, 1, live=False) as wires:
            for ccxt in wires.all:
                marked = "test" in str(ccxt.urls["api"]) or str(ccxt.headers).find("simulated-trading") > 0
                assert marked, ccxt.urls["api"]

    asyncio.run(main())
