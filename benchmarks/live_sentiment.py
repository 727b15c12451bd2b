"""The sentiment of twenty symbols from all kinds of live sources on this machine: bounded by the slowest, not by their sum.

    python benchmarks/live_sentiment.py

Each source answers after half a second from a local server; one hangs. Then the same again, when every answer is kept.
"""

import argparse
import asyncio
import json
import os
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from config.clock import Stopwatch, SystemClock
from config.sections.sentiment import SentimentSettings
from config.silence import Abstained
from sentiment.engine import SentimentEngine
from sentiment.headline import SentimentData
from sentiment.scoring import HeadlineScorer
from sentiment.sources.factory import build_sources

BASES = (
    "BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "LINK", "AVAX", "DOT", "LTC", "BCH", "UNI", "ATOM", "XLM", "ALGO", "AAVE", "FIL",
    "TRX", "ETC", "NEAR",
)  # fmt: skip
SLOW_S = 0.5
KEY = "TRIBUNAL_BENCH_KEY"


class Server(ThreadingHTTPServer):
    """Answers every path after half a second; `/hang` never."""

    daemon_threads = True

    def __init__(self) -> None:
        self.over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if server.over.wait(30.0 if path == "/hang" else SLOW_S):
                    return
                kind, body = answer(path)
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                return

        super().__init__(("127.0.0.1", 0), Handler)


def answer(path: str) -> tuple[str, bytes]:
    """The content type and the body for a path: fifty texts about twenty coins, or the index."""
    now = datetime.now(UTC)
    word = path.strip("/").replace("/", "")
    told = [
        f"{BASES[n % 20]} token {'rallies' if n % 3 else 'crashes'} {word}a{n} {word}b{n} {word}c{n} {word}d{n}"
        for n in range(50)
    ]
    seconds = [(now - timedelta(minutes=n)).timestamp() for n in range(50)]
    if path.startswith("/rss"):
        items = "".join(f"<item><title>{text}</title></item>" for text in told)
        return "application/rss+xml", f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()
    return "application/json", json.dumps(_tree(path, now, told, seconds)).encode()


def _tree(path: str, now: datetime, told: Sequence[str], seconds: Sequence[float]) -> Mapping[str, Any]:
    if path == "/api/v1/access_token":
        return {"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
    if path.startswith("/r/"):
        posts = [
            {"kind": "t3", "data": {"id": f"{n}", "name": f"t3_{n}", "title": text, "created_utc": at}}
            for n, (text, at) in enumerate(zip(told, seconds, strict=True))
        ]
        return {"kind": "Listing", "data": {"children": posts, "after": None}}
    if path.startswith("/tweets"):
        moment = now.isoformat()
        return {"data": [{"id": str(n), "text": text, "created_at": moment} for n, text in enumerate(told)], "meta": {}}
    if path == "/fng":
        return {
            "data": [{"value": "30", "timestamp": "1517443200"}, {"value": "47", "timestamp": str(int(seconds[-1]))}]
        }
    return {
        "articles": [
            {"title": text, "url": f"u{n}", "seendate": f"{now:%Y%m%dT%H%M%SZ}"} for n, text in enumerate(told)
        ]
    }


def settings(url: str) -> SentimentSettings:
    """Three feeds, one that hangs, and one source of each other live kind."""
    own = {"query": "Crypto", "key_env": KEY}
    rows: list[dict[str, object]] = [{"kind": "rss", "name": f"feed {n}", "url": f"{url}/rss{n}"} for n in range(3)]
    rows += [
        {"kind": "rss", "name": "hanging feed", "url": f"{url}/hang"},
        {"kind": "gdelt", "name": "gdelt", "url": f"{url}/gdelt", "query": "crypto"},
        {"kind": "reddit", "name": "reddit", "url": url, **own},
        {"kind": "x", "name": "x", "url": url, **own},
        {"kind": "fear_greed", "name": "index", "url": f"{url}/fng"},
    ]
    told = {"half_life_h": 6, "max_age_h": 48, "min_headlines": 1, "components": True, "same_story": "tokens"}
    return SentimentSettings.model_validate({**told, "sources": [{"weight": 1.0, **row} for row in rows]})


async def measured(url: str) -> list[tuple[str, float, list[SentimentData]]]:
    """What was asked, the seconds that it took, and what came of it."""
    told = settings(url)
    engine = SentimentEngine(told, build_sources(told, (), SystemClock()), HeadlineScorer())
    found = []
    for what in ("first time, everything is fetched", "again, every answer is kept"):
        watch = Stopwatch()
        data = [await engine.analyze(f"{base}/USDT", SystemClock().now()) for base in BASES]
        found.append((what, watch.elapsed().total_seconds(), data))
    await engine.close()
    return found


def main() -> None:
    """Print the figures."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_known_args()
    os.environ[KEY] = "name:secret"
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = asyncio.run(measured(f"http://127.0.0.1:{server.server_address[1]}"))
    server.over.set()
    server.shutdown()
    table = Table("twenty symbols, eight live sources", "seconds", "parts that speak", box=ROUNDED)
    for what, seconds, data in found:
        parts = [part for one in data for part in one.components().values()]
        speak = sum(not isinstance(part.score, Abstained) for part in parts)
        table.add_row(what, f"{seconds:.2f}", f"{speak} of {len(parts)}")
    Console().print(table)


if __name__ == "__main__":
    main()
