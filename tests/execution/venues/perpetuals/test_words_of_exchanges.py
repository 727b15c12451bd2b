"""What each exchange is sent and tells of perpetuals: requests of unmodified ccxt on loopback, and bodies that were recorded."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exchange_support import QUICK
from loopback import loopback

from config.clock import SystemClock
from config.errors import UsageFault
from execution.venues.exchange.capabilities import CAPABILITIES, capability_of, perpetual_table
from execution.venues.exchange.lines.client import Client, Wanted
from execution.venues.exchange.lines.wires import ExchangeKeys, Wires, wires_of
from execution.venues.exchange.perpetual.client import PerpetualClient
from execution.venues.exchange.perpetual.told import ToldMode
from execution.venues.exchange.perpetual.words import WORDS
from execution.venues.exchange.rules import Sized
from risk.order import Purpose, Side

D = Decimal
ROOT = Path(__file__).resolve().parents[4]
KEYS = ExchangeKeys("key", "c2VjcmV0c2VjcmV0", "password")
MINE = "0123456789ab4def8123456789abcdef"
IDS = {"binance": "BTCUSDT", "bybit": "BTCUSDT", "okx": "BTC-USDT-SWAP"}
SIZES = {"binance": "1", "bybit": "1", "okx": "0.01"}
PERPETUAL = [name for name, row in CAPABILITIES.items() if row.contracts is not None]


def market(exchange: str) -> dict[str, Any]:
    """BTC/USDT as ccxt has it when it is a linear perpetual, under the name that it has here."""
    return {
        "id": IDS[exchange], "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "baseId": "BTC",
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True, "future": False,
        "option": False, "contract": True, "active": True, "linear": True, "inverse": False, "subType": "linear",
        "taker": "0.0005", "maker": "0.0002", "contractSize": SIZES[exchange],
        "info": {"orderTypes": ["LIMIT", "MARKET", "STOP_MARKET"], "fundingInterval": "480"},
        "precision": {"amount": "0.001", "price": "0.1"},
        "limits": {"amount": {"min": "0.001", "max": None}, "price": {}, "cost": {"min": "5", "max": None}, "market": {}},
    }  # fmt: skip


class Wired:
    """A client of an exchange whose answers a test gives, and all that was sent."""

    def __init__(self, exchange: str, client: Client, wires: Wires, row: Any) -> None:
        self.exchange, self.client, self.wires = exchange, client, wires
        self.asking = PerpetualClient(client, row)
        self.sent: list[tuple[str, str]] = []
        self.answers: dict[str, Any] = {}

    async def fetch(self, url: str, method: str = "GET", headers: Any = None, text: Any = None) -> Any:
        self.sent.append((f"{method} {url}", text or ""))
        for part, answer in self.answers.items():
            if part in url:
                return json.loads(json.dumps(answer))
        return {"code": "0", "retCode": 0, "data": [], "result": {"list": []}}

    @property
    def everything(self) -> str:
        return "\n".join(f"{url} {text}" for url, text in self.sent)


def wired(exchange: str, ask: Any, trigger: Any = "mark") -> Wired:
    """Ask an exchange, whose answers are the test's."""
    found: list[Wired] = []

    async def main() -> None:
        with loopback() as server:
            row = capability_of(exchange, live=True, trigger=trigger)
            async with wires_of(row, KEYS, server.url, QUICK._replace(patience_s=0.0), 1, live=True) as wires:
                client = Client(wires, row, SystemClock())
                client.sizes = {"BTC/USDT": D(SIZES[exchange])}
                found.append(Wired(exchange, client, wires, row))
                for ccxt in wires.all:
                    ccxt.set_markets([market(exchange)])
                    ccxt.options["unifiedMarginStatus"] = 6
                    ccxt.options["enableUnifiedMargin"], ccxt.options["enableUnifiedAccount"] = False, True
                    ccxt.fetch = found[0].fetch
                await ask(found[0])

    asyncio.run(main())
    return found[0]


def test_the_page_of_exchanges_shows_the_table_of_perpetuals() -> None:
    assert perpetual_table() in (ROOT / "docs" / "exchanges.md").read_text(), "paste what perpetual_table() returns"


def test_every_row_that_trades_perpetuals_has_words_and_every_other_one_refuses_them() -> None:
    assert list(WORDS) == PERPETUAL
    for name in set(CAPABILITIES) - set(PERPETUAL):
        with pytest.raises(UsageFault, match="cannot be traded: how it sets"):
            capability_of(name, live=True, trigger="mark")


@pytest.mark.parametrize("trigger", ["mark", "last"])
@pytest.mark.parametrize("exchange", PERPETUAL)
def test_entries_exits_and_stops_say_what_the_exchange_needs(exchange: str, trigger: str) -> None:
    async def ask(on: Wired) -> None:
        for sized, side, reduces in (
            (Sized(D("2"), D("100")), Side.SELL, False), (Sized(D("2")), Side.BUY, True),
            (Sized(D("2"), None, D("105.5")), Side.BUY, True),
        ):  # fmt: skip
            wanted = Wanted(MINE, "BTC/USDT", side, sized, at_once=not reduces, reduces=reduces)
            await on.client.create(wanted, exits=reduces)

    entry, exits, stop = wired(exchange, ask, trigger).sent
    contracts = {"okx": "200"}.get(exchange, "2")
    for url, text in (entry, exits, stop):
        words = f"{url} {text}"
        assert words.count(MINE) == 1
        assert any(f"{name}{contracts}" in words for name in ("quantity=", '"qty":"', '"sz":"')), words
    assert "educeOnly" not in " ".join(entry)
    assert "educeOnly" in " ".join(exits)
    contracts_row = CAPABILITIES[exchange].contracts
    assert contracts_row is not None
    ((name, value),) = (contracts_row.mark if trigger == "mark" else contracts_row.last).items()
    assert name in " ".join(stop)
    assert value in " ".join(stop)
    assert "105.5" in " ".join(stop)
    assert "educeOnly" in " ".join(stop)
    if exchange == "okx":
        assert all("isolated" in text for _, text in (entry, exits, stop))


@pytest.mark.parametrize("exchange", PERPETUAL)
def test_what_differs_from_the_session_is_set_and_what_does_not_is_left_alone(exchange: str) -> None:
    async def ask(on: Wired) -> None:
        assert await on.asking.set_mode("BTC/USDT", ToldMode(True, True, D(2)), D(2)) == ""
        assert on.sent == []
        await on.asking.set_mode("BTC/USDT", ToldMode(False, False, D(5)), D(2))

    text = wired(exchange, ask).everything
    said = {
        "binance": ("dualSidePosition=false", "marginType=ISOLATED", "leverage=2"),
        "bybit": ('"mode":0', "ISOLATED_MARGIN", '"buyLeverage":"2"'),
        "okx": ("net_mode", '"mgnMode":"isolated"', '"lever":2'),
    }[exchange]
    for words in said:
        assert words in text


SETTINGS: dict[str, dict[str, Any]] = {
    "binance": {
        "positionSide/dual": {"dualSidePosition": True},
        "symbolConfig": [{"symbol": "BTCUSDT", "marginType": "CROSSED", "leverage": 7}],
    },
    "bybit": {
        "account/info": {"retCode": 0, "result": {"marginMode": "REGULAR_MARGIN"}},
        "position/list": {
            "retCode": 0, "result": {"list": [{"positionIdx": 1, "leverage": "7", "symbol": "BTCUSDT", "size": "0"}]},
        },
    },
    "okx": {
        "account/config": {"code": "0", "data": [{"posMode": "long_short_mode", "acctLv": "2"}]},
        "account/leverage-info": {"code": "0", "data": [{"lever": "7", "mgnMode": "isolated", "instId": "BTC-USDT-SWAP"}]},
    },
}  # fmt: skip


@pytest.mark.parametrize("exchange", PERPETUAL)
def test_the_settings_are_read_as_the_exchange_tells_them(exchange: str) -> None:
    async def ask(on: Wired) -> None:
        on.answers = SETTINGS[exchange]
        told = (await on.asking.modes(("BTC/USDT",)))["BTC/USDT"]
        assert told == ToldMode(one_way=False, isolated=exchange == "okx", leverage=D(7))

    wired(exchange, ask)


WALLETS: dict[str, dict[str, Any]] = {
    "binance": {"fapi/v3/account": {"assets": [{"asset": "USDT", "walletBalance": "150.25", "marginBalance": "170"}]}},
    "bybit": {
        "wallet-balance": {"retCode": 0, "result": {"list": [{"coin": [{"coin": "USDT", "walletBalance": "150.25"}]}]}}
    },
    "okx": {"account/balance": {"code": "0", "data": [{"details": [{"ccy": "USDT", "eq": "170.5", "upl": "20.25"}]}]}},
}


@pytest.mark.parametrize("exchange", PERPETUAL)
def test_the_wallet_is_the_money_without_the_profit_of_open_positions(exchange: str) -> None:
    async def ask(on: Wired) -> None:
        on.answers = WALLETS[exchange]
        assert await on.asking.wallet("USDT") == D("150.25")

    wired(exchange, ask)


POSITIONS: dict[str, dict[str, Any]] = {
    "binance": {
        "leverageBracket": [], "positionRisk": [{
            "symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "-0.5", "entryPrice": "60000.5", "markPrice": "61000",
            "unRealizedProfit": "-499.75", "liquidationPrice": "88000", "isolatedMargin": "14500", "notional": "-30500",
            "isolatedWallet": "15000", "updateTime": 1722062678998,
        }],
    },
    "bybit": {"position/list": {"retCode": 0, "result": {"list": [{
        "symbol": "BTCUSDT", "side": "Sell", "size": "0.5", "avgPrice": "60000.5", "markPrice": "61000", "liqPrice": "88000",
        "positionIM": "14500", "positionIdx": 0, "leverage": "2", "tradeMode": 1, "positionValue": "30000.25",
        "positionBalance": "14500", "updatedTime": "1722062678998",
    }]}}},
    "okx": {"account/positions": {"code": "0", "data": [{
        "instId": "BTC-USDT-SWAP", "instType": "SWAP", "mgnMode": "isolated", "posSide": "net", "pos": "-50", "avgPx": "60000.5",
        "markPx": "61000", "liqPx": "88000", "margin": "14500", "lever": "2", "uTime": "1722062678998", "notionalUsd": "30500",
    }]}},
}  # fmt: skip


@pytest.mark.parametrize("exchange", PERPETUAL)
def test_a_position_is_read_with_its_sign_in_base_units(exchange: str) -> None:
    async def ask(on: Wired) -> None:
        on.answers = POSITIONS[exchange]
        told = (await on.asking.positions(("BTC/USDT",)))["BTC/USDT"]
        assert (told.quantity, told.entry_price, told.mark_price) == (D("-0.5"), D("60000.5"), 61000)
        assert (told.margin, told.liquidation_price) == (14500, 88000)
        assert told.isolated is not False

    wired(exchange, ask)


PAYMENTS: dict[str, dict[str, Any]] = {
    "binance": {
        "fapi/v1/income": [{"symbol": "BTCUSDT", "incomeType": "FUNDING_FEE", "income": "-1.5", "asset": "USDT",
                            "time": 1722067200000, "tranId": 77}],
        "fundingRate": [{"symbol": "BTCUSDT", "fundingRate": "0.00005", "fundingTime": 1722067200001, "markPrice": "60000"}],
    },
    "bybit": {"execution/list": {"retCode": 0, "result": {"list": [{
        "execId": "77", "symbol": "BTCUSDT", "execType": "Funding", "execFee": "1.5", "feeRate": "0.00005",
        "execPrice": "60000", "execTime": "1722067200000", "side": "Buy", "execQty": "0.5", "orderId": "o", "execValue": "30000",
    }]}}},
    "okx": {"bills-archive": {"code": "0", "data": [{
        "billId": "77", "instId": "BTC-USDT-SWAP", "balChg": "-1.5", "ccy": "USDT", "ts": "1722067200000", "px": "60000",
        "sz": "50", "type": "8", "posBalChg": "0",
    }]}},
}  # fmt: skip


@pytest.mark.parametrize("exchange", PERPETUAL)
def test_funding_that_was_paid_is_above_zero_and_has_the_exchanges_number(exchange: str) -> None:
    async def ask(on: Wired) -> None:
        on.answers = PAYMENTS[exchange]
        (paid,) = await on.asking.payments("BTC/USDT", 1722000000000)
        assert (paid.number, paid.amount, paid.mark_price) == ("77", D("1.5"), 60000)
        assert paid.rate == (None if exchange == "okx" else D("0.00005"))

    wired(exchange, ask)


def _bybit_trade(kind: str) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT", "execType": kind, "execId": kind, "orderId": "9", "side": "Sell", "execQty": "0.5",
        "execPrice": "40000", "execFee": "11", "feeRate": "0.0006", "execTime": "1722067200000", "isMaker": False,
        "feeCurrency": "USDT", "execValue": "20000", "orderQty": "0.5", "leavesQty": "0", "orderPrice": "40000",
    }  # fmt: skip


def _okx_trade(kind: str, number: str) -> dict[str, Any]:
    return {
        "instId": "BTC-USDT-SWAP", "tradeId": number, "ordId": "9", "side": "sell", "fillSz": "50", "fillPx": "40000",
        "fee": "-11", "feeCcy": "USDT", "ts": "1722067200000", "execType": "T", "subType": kind, "instType": "SWAP",
    }  # fmt: skip


FORCED: dict[str, dict[str, Any]] = {
    "binance": {
        "forceOrders": [{"orderId": 9, "symbol": "BTCUSDT", "clientOrderId": "autoclose-1", "status": "FILLED"}],
        "userTrades": [{"symbol": "BTCUSDT", "id": 5, "orderId": 9, "side": "SELL", "price": "40000", "qty": "0.5",
                        "commission": "11", "commissionAsset": "USDT", "time": 1722067200000, "maker": False, "buyer": False,
                        "positionSide": "BOTH", "quoteQty": "20000", "realizedPnl": "-1"}],
    },
    "bybit": {"execType=BustTrade": {"retCode": 0, "result": {"list": [_bybit_trade("BustTrade")]}}},
    "okx": {"fills-history": {"code": "0", "data": [_okx_trade("104", "5"), _okx_trade("2", "6")]}},
}  # fmt: skip
ADL: dict[str, dict[str, Any]] = {
    "binance": {
        "forceOrders": [{"orderId": 9, "symbol": "BTCUSDT", "clientOrderId": "adl_autoclose", "status": "FILLED"}],
        "userTrades": FORCED["binance"]["userTrades"],
    },
    "bybit": {"execType=AdlTrade": {"retCode": 0, "result": {"list": [_bybit_trade("AdlTrade")]}}},
    "okx": {"fills-history": {"code": "0", "data": [_okx_trade("125", "5")]}},
}


@pytest.mark.parametrize(("answers", "purpose"), [(FORCED, Purpose.LIQUIDATION), (ADL, Purpose.DELEVERAGING)])
@pytest.mark.parametrize("exchange", PERPETUAL)
def test_what_the_exchange_did_by_itself_is_told_from_our_own_trades(
    exchange: str, answers: Any, purpose: Purpose
) -> None:
    async def ask(on: Wired) -> None:
        on.answers = answers[exchange]
        (forced,) = await on.asking.forced("BTC/USDT", 1722000000000)
        assert (forced.purpose, forced.trade.quantity, forced.trade.price) == (purpose, D("0.5"), 40000)
        assert (forced.trade.side, forced.trade.fee) == (Side.SELL, 11)

    wired(exchange, ask)
