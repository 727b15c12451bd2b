"""What a key may do: asked by real ccxt on loopback in each exchange's own form, and read.

One body of Bybit was recorded; the others have the form of the exchanges' documentation and of CCXT's source.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from exchange_support import QUICK
from loopback import loopback, tree

from config.clock import SystemClock
from execution.venues.exchange.capabilities import CAPABILITIES
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.line import NoAnswer, Refused
from execution.venues.exchange.lines.wires import ExchangeKeys, wires_of
from execution.venues.exchange.rights import RIGHTS, KeyRights

KEYS = ExchangeKeys("key", "c2VjcmV0c2VjcmV0", "password")
PATHS = {
    "binance": "/sapi/v1/account/apiRestrictions",
    "kraken": "/0/private/GetApiKeyInfo",
    "bybit": "/v5/user/query-api",
    "okx": "/api/v5/account/config",
    "coinbase": "/api/v3/brokerage/key_permissions",
}


def binance(**changes: Any) -> Any:
    return {"ipRestrict": True, "enableWithdrawals": False, "enableSpotAndMarginTrading": True, **changes}


def kraken(*may: str, addresses: tuple[str, ...] = ()) -> Any:
    return {"error": [], "result": {"apiKeyName": "k", "permissions": list(may), "ipAllowlist": list(addresses)}}


def bybit(*, read_only: int, spot: list[str], wallet: list[str], ips: list[str]) -> Any:
    key = {"readOnly": read_only, "permissions": {"Spot": spot, "Wallet": wallet}, "ips": ips}
    return {"retCode": 0, "retMsg": "", "result": key}


def okx(perm: str, ip: str = "") -> Any:
    return {"code": "0", "msg": "", "data": [{"uid": "1", "perm": perm, "ip": ip}]}


def asked(exchange: str, answer: Any) -> KeyRights:
    async def main() -> KeyRights:
        with loopback() as server:
            server.routes[PATHS[exchange]] = tree(answer)
            row, pace = CAPABILITIES[exchange], QUICK._replace(patience_s=0.1)
            async with wires_of(row, KEYS, server.url, pace, 1, live=True) as wires:
                return await Client(wires, row, SystemClock()).rights()

    return asyncio.run(main())


def test_every_exchange_that_takes_orders_is_asked() -> None:
    assert RIGHTS.keys() == CAPABILITIES.keys() == PATHS.keys()


@pytest.mark.parametrize(
    ("exchange", "answer", "rights"),
    [
        ("binance", binance(), KeyRights(True, False, True)),
        ("binance", binance(enableWithdrawals=True, ipRestrict=False), KeyRights(True, True, False)),
        ("binance", binance(enableSpotAndMarginTrading=False), KeyRights(False, False, True)),
        ("kraken", kraken("query-funds", "modify-trades", addresses=("10.0.0.1",)), KeyRights(True, False, True)),
        ("kraken", kraken("query-funds", "withdraw-funds"), KeyRights(False, True, False)),
        ("bybit", bybit(read_only=0, spot=["SpotTrade"], wallet=["Withdraw"], ips=["*"]), KeyRights(True, True, False)),
        ("bybit", bybit(read_only=1, spot=["SpotTrade"], wallet=[], ips=["10.0.0.1"]), KeyRights(False, False, True)),
        ("okx", okx("read_only,withdraw,trade"), KeyRights(True, True, False)),
        ("okx", okx("read_only", "10.0.0.1"), KeyRights(False, False, True)),
        ("coinbase", {"can_view": True, "can_trade": True, "can_transfer": False}, KeyRights(True, False, None)),
        ("coinbase", {"can_view": True, "can_trade": False, "can_transfer": True}, KeyRights(False, True, None)),
    ],
)  # fmt: skip
def test_what_a_key_may_do_is_read(exchange: str, answer: Any, rights: KeyRights) -> None:
    assert asked(exchange, answer) == rights


@pytest.mark.parametrize(
    ("exchange", "answer"),
    [
        ("binance", {"ipRestrict": True}),
        ("binance", binance(enableWithdrawals="false")),
        ("kraken", {"error": [], "result": {}}),
        ("bybit", {"retCode": 0, "retMsg": "", "result": {"readOnly": 0}}),
        ("okx", {"code": "0", "msg": "", "data": []}),
        ("coinbase", {"can_trade": True}),
    ],
)
def test_what_is_missing_is_never_taken_for_a_no(exchange: str, answer: Any) -> None:
    with pytest.raises(NoAnswer):
        asked(exchange, answer)


def test_a_recorded_body_of_bybit_is_read(shared: Path) -> None:
    text = (shared / "exchange_api" / "nautilus_bybit" / "http_get_user_query_api.json").read_text(encoding="utf-8")
    assert asked("bybit", json.loads(text)) == KeyRights(trades=False, withdraws=False, restricted=True)


def test_a_test_network_that_does_not_tell_refuses_before_anything_is_sent() -> None:
    async def main() -> None:
        row = CAPABILITIES["binance"]
        async with wires_of(row, KEYS, None, QUICK, 1, live=False) as wires:
            await Client(wires, row, SystemClock()).rights()

    with pytest.raises(Refused, match="testnet"):
        asyncio.run(main())
