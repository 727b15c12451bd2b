"""A model server on this machine that speaks Anthropic's and OpenAI's protocol, and misbehaves on demand.

In tests: `with ModelServer(turns=[Turn.OVERLOADED, Turn.OK]) as server: … server.url, server.log`. For walk-throughs and
benchmarks: `python tests/support/model_server.py --port 0 --delay 1`, which prints its address, and its log at GET /log.

Requests take the turns in order of arrival; after the last one, and without any, `default` answers.
"""

import argparse
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from model_replies import AT_ODDS, CHECK, SOUND, Filler, asked, body, error, role_of

KEY = "sk-loopback-0123456789"
"""A key for tests; it must never appear in a message."""


class Turn(StrEnum):
    """One way to answer, named for what the client sees."""

    OK = "ok"
    CHUNKED = "chunked"
    EVENT_STREAM = "event_stream"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    PAYMENT_REQUIRED = "payment_required"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    RATE_LIMITED_1 = "rate_limited_1"
    RATE_LIMITED_600 = "rate_limited_600"
    NO_QUOTA = "no_quota"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    HANG = "hang"
    TRICKLE = "trickle"
    ENDLESS = "endless"
    CUT = "cut"
    HTML = "html"
    BROKEN_JSON = "broken_json"
    WRONG_SHAPE = "wrong_shape"
    NULLS = "nulls"
    EMPTY = "empty"
    REFUSAL = "refusal"
    TRUNCATION = "truncation"
    OUT_OF_RANGE = "out_of_range"
    CONTRADICTION = "contradiction"
    PROSE = "prose"


ERRORS: dict[Turn, tuple[int, str, dict[str, str]]] = {
    Turn.UNAUTHORIZED: (401, "authentication_error", {}),
    Turn.FORBIDDEN: (403, "permission_error", {}),
    Turn.PAYMENT_REQUIRED: (402, "billing_error", {}),
    Turn.NOT_FOUND: (404, "not_found_error", {}),
    Turn.BAD_REQUEST: (400, "invalid_request_error", {}),
    Turn.TOO_LARGE: (413, "request_too_large", {}),
    Turn.RATE_LIMITED_1: (429, "rate_limit_error", {"retry-after": "1"}),
    Turn.RATE_LIMITED_600: (429, "rate_limit_error", {"retry-after": "600"}),
    Turn.NO_QUOTA: (429, "insufficient_quota", {}),
    Turn.SERVER_ERROR: (500, "api_error", {}),
    Turn.OVERLOADED: (529, "overloaded_error", {}),
}


@dataclass(frozen=True)
class Raw:
    """A recorded answer, sent unchanged."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)


@dataclass(frozen=True)
class Seen:
    """One request: its arrival [s since the start of the server] and content. `prompt_bytes` counts system and
    messages.
    """

    at_s: float
    path: str
    role: str
    prompt_bytes: int
    model: str
    request: dict[str, Any]
    authorized: bool


Answering = Turn | Raw | Callable[[Seen], "Turn | Raw"]


class ModelServer:
    """The server on its own port. As a context manager it is closed at the end, with all open requests."""

    def __init__(
        self,
        turns: Iterable[Answering] = (),
        default: Answering = Turn.OK,
        delay_s: float = 0.0,
        port: int = 0,
        prefer: dict[str, Any] = SOUND,
        check: Answering | None = Turn.OK,
    ) -> None:
        """`check` answers the one question before a session, which then takes no turn and is kept in `checked`; with None it is a
        request like any other.
        """
        self.turns = deque(turns)
        self.default = default
        self.delay_s = delay_s
        self.prefer = prefer
        self.log: list[Seen] = []
        self.check = check
        self.checked: list[Seen] = []
        self.endless_bytes = 0
        self.headers: list[dict[str, str]] = []
        """The headers of each request, names in lower case."""
        self.closing = threading.Event()
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.models = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def take(self, path: str, request: dict[str, Any], authorized: bool) -> tuple[Seen, Turn | Raw]:
        """Record a request, and return the turn that it gets."""
        name, schema, _ = asked(path, request)
        size = len(json.dumps([request.get("system", ""), request["messages"]], ensure_ascii=False).encode())
        with self._lock:
            at = time.monotonic() - self._began
            seen = Seen(at, path, role_of(name, schema), size, str(request.get("model")), request, authorized)
            if seen.role == CHECK and self.check is not None:
                self.checked.append(seen)
                turn = self.check
            else:
                self.log.append(seen)
                turn = self.turns.popleft() if self.turns else self.default
        return seen, turn if isinstance(turn, Turn | Raw) else turn(seen)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    models: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Http

    def log_message(self, *_: object) -> None:
        """Quiet: the log is kept, not printed."""

    def do_GET(self) -> None:
        models = self.server.models
        if self.path == "/log":
            return self._send(200, json.dumps([asdict(seen) for seen in models.log]).encode())
        return self._send(200, json.dumps({"object": "list", "data": [{"id": "loopback", "object": "model"}]}).encode())

    def do_POST(self) -> None:
        models = self.server.models
        request = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        authorized = KEY in self.headers.get("authorization", "") or KEY in self.headers.get("x-api-key", "")
        models.headers.append({name.lower(): value for name, value in self.headers.items()})
        seen, turn = models.take(self.path, request, authorized)
        if models.delay_s and models.closing.wait(models.delay_s):
            return
        if isinstance(turn, Raw):
            self._send(turn.status, turn.body, dict(turn.headers))
        elif turn in ERRORS:
            status, name, headers = ERRORS[turn]
            told = error(self.path, status, name, f"this is a {name} for key {KEY}")
            self._send(status, json.dumps(told).encode(), {"content-type": "application/json"} | headers)
        else:
            self._speak(turn, seen)

    def _speak(self, turn: Turn, seen: Seen) -> None:
        whole = self._reply(turn, seen)
        match turn:
            case Turn.HANG:
                self.server.models.closing.wait(30)
                self.close_connection = True
            case Turn.TRICKLE:
                self._trickle(whole)
            case Turn.ENDLESS:
                self._endless()
            case Turn.CUT:
                self._head(200, {"content-type": "application/json", "content-length": str(len(whole))})
                self.wfile.write(whole[: len(whole) // 2])
                self.close_connection = True
            case Turn.CHUNKED:
                self._head(200, {"content-type": "application/json", "transfer-encoding": "chunked"})
                for start in range(0, len(whole), 40):
                    part = whole[start : start + 40]
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                self.wfile.write(b"0\r\n\r\n")
            case Turn.EVENT_STREAM:
                self._send(200, b"event: message\ndata: " + whole + b"\n\n", {"content-type": "text/event-stream"})
            case Turn.HTML:
                self._send(200, b"<html><body>Please sign in</body></html>", {"content-type": "text/html"})
            case Turn.BROKEN_JSON:
                self._send(200, whole[:-9])
            case Turn.WRONG_SHAPE:
                self._send(200, b'{"result": {"answer": 42}}')
            case Turn.NULLS:
                self._send(200, json.dumps(dict.fromkeys(json.loads(whole))).encode())
            case _:
                self._send(200, whole)

    def _reply(self, turn: Turn, seen: Seen) -> bytes:
        _, schema, prompt = asked(self.path, seen.request)
        prefer = AT_ODDS if turn is Turn.CONTRADICTION else self.server.models.prefer
        odd = "short" if turn is Turn.CONTRADICTION else None
        filler = Filler(schema, prompt, prefer, odd, wild=turn is Turn.OUT_OF_RANGE)
        text = json.dumps(filler.answer()) if schema else "ok"
        stop = "end"
        if turn is Turn.REFUSAL:
            text, stop = "I cannot help with that.", "refusal"
        elif turn is Turn.TRUNCATION:
            text, stop = text[: len(text) // 2], "length"
        elif turn is Turn.PROSE:
            text = "Do not buy; sell all."
        elif turn is Turn.EMPTY:
            text = ""
        return json.dumps(body(self.path, text, stop, seen.prompt_bytes)).encode()

    def _trickle(self, whole: bytes) -> None:
        """A byte now and then: never silent for long, and never done."""
        self._head(200, {"content-type": "application/json", "content-length": str(len(whole))})
        for byte in whole:
            self.wfile.write(bytes([byte]))
            if self.server.models.closing.wait(0.05):
                break
        self.close_connection = True

    def _endless(self) -> None:
        """A reply that does not end."""
        self._head(200, {"content-type": "application/json", "transfer-encoding": "chunked"})
        part = b"x" * 65_536
        with suppress(OSError):
            while not self.server.models.closing.is_set():
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                self.server.models.endless_bytes += len(part)
        self.close_connection = True

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        sent = {"content-type": "application/json"} | (headers or {})
        self._head(status, sent | {"content-length": str(len(content))})
        self.wfile.write(content)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--turn", type=Turn, choices=list(Turn), default=Turn.OK, help="how every request is answered")
    parser.add_argument(
        "--strength", type=int, default=SOUND["strength_pct"], help="what the devil's advocate says it weighs"
    )
    given = parser.parse_args()
    prefer = SOUND | {"strength_pct": given.strength}
    with ModelServer(default=given.turn, delay_s=given.delay, port=given.port, prefer=prefer) as server:
        print(server.url, flush=True)
        with suppress(KeyboardInterrupt):
            server.closing.wait()


if __name__ == "__main__":
    main()
