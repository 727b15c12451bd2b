"""An exchange on loopback that speaks Binance's protocol of candles, with faults on demand."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOUR_MS = 3_600_000
BEGIN_MS = 1_704_067_200_000
"""2024-01-01 00:00 UTC."""
Reply = tuple[int, dict[str, str], bytes]
BROKEN: dict[str, Reply] = {
    "500": (500, {}, b"oops"),
    "502 with HTML": (502, {}, b"<html>Bad Gateway</html>"),
    "200 with HTML": (200, {"Content-Type": "text/html"}, b"<html>maintenance</html>"),
    "empty": (200, {}, b""),
    "cut": (200, {}, b'[[1704067200000,"1","2"'),
    "null": (200, {}, b"null"),
    "an error with 200": (200, {}, b'{"code":-1000,"msg":"unknown"}'),
}
"""Replies that are none."""
Fault = Callable[[int], Reply | None]


def candle(ms: int) -> list[Any]:
    """A candle that depends on its time alone, as the exchange sends it."""
    price = 100.0 + (ms // HOUR_MS) % 97
    texts = (f"{price:.2f}", f"{price + 2:.2f}", f"{price - 1:.2f}", f"{price + 1:.2f}", f"{1 + ms // HOUR_MS % 7}.5")
    return [ms, *texts, ms + HOUR_MS - 1, "0", 1, "0", "0", "0"]


class Klines:
    """The state of the exchange. `faults` answer the n-th question for candles (from 1), or leave it to the exchange."""

    def __init__(self, bars: int = 100, page: int = 30) -> None:
        self.times = [BEGIN_MS + i * HOUR_MS for i in range(bars)]
        self.now_ms = self.times[-1] + HOUR_MS // 2
        self.page = page
        self.fault: Fault = lambda _: None
        self.asked: list[int] = []
        self.url = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> Reply:
        """The reply to one request."""
        if path.endswith("/time"):
            return _json({"serverTime": self.now_ms})
        if path.endswith("/exchangeInfo"):
            return _json(
                {
                    "timezone": "UTC",
                    "serverTime": self.now_ms,
                    "rateLimits": [],
                    "symbols": [_market("BTC"), _market("ETH")],
                }
            )
        if not path.endswith("/klines"):
            return 404, {}, b"{}"
        since = int(query["startTime"][0])
        self.asked.append(since)
        told = self.fault(len(self.asked))
        if told is not None:
            return told
        most = min(self.page, int(query.get("limit", ["500"])[0]))
        return _json([candle(ms) for ms in self.times if ms >= since][:most])


def _json(value: Any) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


def _market(base: str) -> dict[str, Any]:
    return {
        "symbol": f"{base}USDT", "status": "TRADING", "baseAsset": base, "quoteAsset": "USDT", "baseAssetPrecision": 8,
        "quotePrecision": 8, "quoteAssetPrecision": 8, "orderTypes": ["LIMIT"], "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False, "permissions": ["SPOT"], "permissionSets": [["SPOT"]],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
        ],
    }  # fmt: skip


@contextmanager
def serving(exchange: Klines) -> Iterator[Klines]:
    """Serve on loopback; sets `url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, headers, body = exchange.answer(parts.path, parse_qs(parts.query))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    exchange.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield exchange
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
