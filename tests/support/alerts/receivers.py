"""Receivers of alerts on loopback: a web server for JSON and ntfy, and a mail server; each keeps what it was sent, and when."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller

PATIENCE_S = 30.0


class Got(NamedTuple):
    """A message: its title and body, and when it came (`time.monotonic`)."""

    title: str
    body: str
    at: float
    path: str = ""
    kind: str = ""


class Receiver:
    """What a server has got. While `refuses` is set it answers 500; while `hangs` is clear it does not answer at all."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.tries = 0
        self.refuses = False
        self.answers = Event()
        self.answers.set()
        self.port = 0

    def url(self, kind: str = "json") -> str:
        """A destination there."""
        return f"{kind}://127.0.0.1:{self.port}/tribunal"

    def until(self, count: int = 1, code: str = "") -> list[Got]:
        """Wait for so many messages (of an alert), and return them."""
        end = time.monotonic() + PATIENCE_S
        while len(found := [each for each in self.got if code in each.title]) < count:
            assert time.monotonic() < end, f"{len(found)} of {count} {code} came: {[each.title for each in self.got]}"
            time.sleep(0.01)
        return found


@contextmanager
def web() -> Iterator[Receiver]:
    """A web server that takes what apprise sends as JSON, and what it sends to ntfy."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"]))
            receiver.tries += 1
            receiver.answers.wait(PATIENCE_S)
            told: dict[str, Any] = json.loads(text)
            if not receiver.refuses:
                kind = str(told.get("type", ""))
                got = Got(told["title"], told["message"], time.monotonic(), self.path, kind)
                receiver.got.append(got)
            self.send_response(500 if receiver.refuses else 200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    receiver.port = server.server_port
    try:
        yield receiver
    finally:
        receiver.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mail() -> Iterator[Receiver]:
    """A mail server."""
    receiver = Receiver()

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
            letter = message_from_bytes(envelope.content, policy=policy.default)
            body = letter.get_body(("plain",))
            assert body is not None
            receiver.got.append(Got(str(letter["subject"]), body.get_content(), time.monotonic()))
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd takes no port of its own choice
        receiver.port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=receiver.port)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()


def mail_url(receiver: Receiver) -> str:
    """A destination at the mail server."""
    return f"mailto://127.0.0.1:{receiver.port}/?from=a@b.local&to=c@d.local&mode=insecure"
