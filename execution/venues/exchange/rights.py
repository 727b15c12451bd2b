"""What a key may do, as each exchange tells it: trade, take money away, and from which addresses. No order is sent to find out.

One row an exchange: the method of CCXT that asks, and how its answer is read. Binance's, Bybit's and OKX's forms are those in
CCXT's source, Kraken's and Coinbase's those of their documentation. What is missing in an answer is never taken for a no.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from execution.venues.exchange.told import Unreadable


class KeyRights(NamedTuple):
    """What a key may do. `restricted`: whether it is taken from certain addresses only; None where that is not told."""

    trades: bool
    withdraws: bool
    restricted: bool | None


class Asked(NamedTuple):
    """CCXT's method, and the reader of its answer, which raises Unreadable."""

    method: str
    read: Callable[[Any], KeyRights]


def _binance(raw: Any) -> KeyRights:
    return KeyRights(
        _truth(raw, "enableSpotAndMarginTrading"), _truth(raw, "enableWithdrawals"), _truth(raw, "ipRestrict")
    )


def _bybit(raw: Any) -> KeyRights:
    told = _part(raw, "result")
    may = _part(told, "permissions")
    writes = str(told.get("readOnly")) == "0"
    return KeyRights(
        writes and "SpotTrade" in _list(may, "Spot"),
        writes and "Withdraw" in _list(may, "Wallet"),
        _list(told, "ips") not in ([], ["*"]),
    )


def _okx(raw: Any) -> KeyRights:
    told = _list(raw, "data")
    if not told or not isinstance(told[0], Mapping) or not isinstance(told[0].get("perm"), str):
        raise Unreadable("no permissions of the key")
    may = {each.strip() for each in told[0]["perm"].split(",")}
    return KeyRights("trade" in may, "withdraw" in may, bool(told[0].get("ip")))


def _kraken(raw: Any) -> KeyRights:
    told = _part(raw, "result")
    may = _list(told, "permissions")
    return KeyRights("modify-trades" in may, "withdraw-funds" in may, bool(_list(told, "ipAllowlist")))


def _coinbase(raw: Any) -> KeyRights:
    return KeyRights(_truth(raw, "can_trade"), _truth(raw, "can_transfer"), None)


def _binance_futures(raw: Any) -> KeyRights:
    return _binance(raw)._replace(trades=_truth(raw, "enableFutures"))


def _bybit_contracts(raw: Any) -> KeyRights:
    told = _part(raw, "result")
    writes = str(told.get("readOnly")) == "0"
    may = _list(_part(told, "permissions"), "ContractTrade")
    return _bybit(raw)._replace(trades=writes and {"Order", "Position"} <= set(may))


PERPETUAL_RIGHTS: Mapping[str, Callable[[Any], KeyRights]] = {
    "binance": _binance_futures, "bybit": _bybit_contracts, "okx": _okx,
}  # fmt: skip
"""How the same answer is read where perpetuals are traded."""

RIGHTS: Mapping[str, Asked] = {
    "binance": Asked("sapi_get_account_apirestrictions", _binance),
    "kraken": Asked("private_post_getapikeyinfo", _kraken),
    "bybit": Asked("private_get_v5_user_query_api", _bybit),
    "okx": Asked("private_get_account_config", _okx),
    "coinbase": Asked("v3_private_get_brokerage_key_permissions", _coinbase),
}
"""By CCXT's name of the exchange."""


def _truth(raw: Any, name: str) -> bool:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    if not isinstance(value, bool):
        raise Unreadable(f"no {name} of the key")
    return value


def _part(raw: Any, name: str) -> Mapping[str, Any]:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    if not isinstance(value, Mapping):
        raise Unreadable(f"no {name} of the key")
    return value


def _list(raw: Any, name: str) -> list[Any]:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    if not isinstance(value, list):
        raise Unreadable(f"no {name} of the key")
    return value
