"""Bodies that real exchanges sent, as routes of a server on loopback: the market of perpetuals is replaced by a spot market."""

import gzip
import json
from pathlib import Path
from typing import Any

BODIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "exchange_api"
WHY_NOT = f"recorded bodies of exchanges are not in {BODIES}"


def body(name: str, **replaced: str) -> Any:
    """A body, with the market of perpetuals replaced by that of a spot market."""
    text = (BODIES / name).read_text(encoding="utf-8")
    for before, after in replaced.items():
        text = text.replace(before.replace("_", "-"), after)
    return json.loads(text)


KRAKEN = {
    "/0/public/AssetPairs": "http_asset_pairs",
    "/0/private/OpenOrders": "http_open_orders",
    "/0/private/ClosedOrders": "http_closed_orders",
    "/0/private/TradesHistory": "http_trades_history",
    "/0/private/BalanceEx": "http_spot_balance",
    "/0/private/AddOrder": "http_add_order_spot",
    "/0/private/CancelOrder": "http_cancel_order_spot",
    "/0/public/Time": "http_server_time",
}
BYBIT = {
    "/v5/market/instruments-info": "http_get_instruments_spot",
    "/v5/order/realtime": "http_get_orders_realtime",
    "/v5/order/history": "http_get_orders_history",
    "/v5/execution/list": "http_get_executions",
    "/v5/account/wallet-balance": "http_get_wallet_balance",
    "/v5/user/query-api": "http_get_user_query_api",
    "/v5/account/info": "http_get_account_info",
}
OKX = {
    "/api/v5/public/instruments": "http_get_instruments_spot",
    "/api/v5/trade/orders-pending": "http_get_orders_pending",
    "/api/v5/trade/orders-algo-pending": "http_get_orders_algo_pending",
    "/api/v5/trade/order": "http_get_orders_history",
    "/api/v5/trade/order-algo": "http_get_orders_algo_history",
    "/api/v5/account/balance": "http_get_account_balance",
}
SPOT = {"BTC_USDT_SWAP": "BTC-USD", "ETH_USDT_SWAP": "BTC-USD", "BTC_USDT": "BTC-USD", '"SWAP"': '"SPOT"'}


def okx(**more: Any) -> dict[str, Any]:
    """OKX, with these routes beside."""
    routes = {path: body(f"nautilus_okx/{name}.json", **SPOT) for path, name in OKX.items()}
    trade = body("nautilus_okx/http_transaction_detail.json", **SPOT)
    placed = body("nautilus_okx/http_place_order_response.json")
    return {
        **routes, "/api/v5/trade/fills-history": {"code": "0", "data": [trade]},
        "/api/v5/trade/batch-orders": {"code": "0", "data": [placed]}, **more,
    }  # fmt: skip


BINANCE = {
    "/api/v3/exchangeInfo": "exchange_info", "/api/v3/order": "order", "/api/v3/openOrders": "open_orders",
    "/api/v3/myTrades": "account_trades", "/api/v3/account": "account", "/api/v3/time": "server_time", "/api/v3/depth": "depth",
}  # fmt: skip


_RULES = "BINANCE__api_binance_com_api_v3_exchangeInfo.json.gz"


def binance() -> dict[str, Any]:
    """Binance, with the one market LTC/BTC."""
    bodies = {path: body(f"nautilus_binance/spot_http_json_{name}_response.json") for path, name in BINANCE.items()}
    captured = json.loads(gzip.decompress((BODIES / "rest_captures" / _RULES).read_bytes()))
    bodies["/api/v3/exchangeInfo"] = captured | {
        "symbols": [each for each in captured["symbols"] if each["symbol"] == "LTCBTC"]
    }
    return bodies


def kraken() -> dict[str, Any]:
    """Kraken."""
    return {path: body(f"nautilus_kraken/{name}.json") for path, name in KRAKEN.items()}


def bybit() -> dict[str, Any]:
    """Bybit."""
    return {path: body(f"nautilus_bybit/{name}.json") for path, name in BYBIT.items()}
