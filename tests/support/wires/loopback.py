"""A server on this machine that answers each path with what the test put there, and says what it was asked."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler], None]
CRYPTO = "t5_2wlj3"


class Loopback(ThreadingHTTPServer):
    """Answers from `routes`, by path without its query; any other path is 404."""

    daemon_threads = True

    def __init__(self) -> None:
        self.routes: dict[str, Reply] = {}
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.done = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                reply = server.routes.get(self.path.partition("?")[0], sent(b"", 404))
                with contextlib.suppress(ConnectionError):  # the reader hangs up on what it will not have
                    reply(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                return

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextlib.contextmanager
def loopback() -> Iterator[Loopback]:
    """A server that runs until the end of the block."""
    server = Loopback()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.done.set()
        server.shutdown()
        thread.join()
        server.server_close()


def sent(content: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> Reply:
    """A whole answer."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        told = {"Content-Type": kind, "Content-Length": str(len(content)), **headers}
        for name, value in told.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def tree(value: Any, status: int = 200, **headers: str) -> Reply:
    """A whole answer in JSON."""
    return sent(json.dumps(value).encode(), status, **headers)


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Accept, and say nothing until the test is over."""
    server = handler.server
    assert isinstance(server, Loopback)
    server.done.wait(60)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promise more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
    handler.close_connection = True


def fifty_megabytes(handler: BaseHTTPRequestHandler) -> None:
    """An answer of 50 MB, of which the reader takes what it likes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(50_000_000))
    handler.end_headers()
    for _ in range(500):
        handler.wfile.write(b"[" * 100_000)


def put_reddit(server: Loopback, posts: list[dict[str, Any]], comments: list[dict[str, Any]] = []) -> None:  # noqa: B006
    """Reddit with these posts and comments in r/CryptoCurrency; each needs its text and `created_utc`."""
    server.routes["/api/v1/access_token"] = tree(
        {"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
    )
    for place, kind, prefix, children in (("new", "t3", "p", posts), ("comments", "t1", "c", comments)):
        listed = [
            {
                "kind": kind,
                "data": {"id": f"{prefix}{n}", "name": f"{kind}_{prefix}{n}", "subreddit_id": CRYPTO, **child},
            }
            for n, child in enumerate(children)
        ]
        server.routes[f"/r/CryptoCurrency/{place}"] = server.routes[f"/r/CryptoCurrency/{place}/"] = tree(
            {"kind": "Listing", "data": {"children": listed, "after": None, "before": None, "modhash": ""}}
        )
