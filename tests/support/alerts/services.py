"""Telegram, Discord, Slack and ntfy on loopback, as their interfaces answer, and a mail server beside them: each keeps what it
was sent as bare text. A service can be down (500), turn away (429 with a pause) or hang."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import NamedTuple

import pytest
from receivers import PATIENCE_S, Got, mail, mail_url

SECRETS = {
    "telegram": "123456789:abcdefg_hijklmnop",
    "discord": "417429632418316298/JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711o33MyqU344Qpgv7YTpadV_js",
    "slack": "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "ntfy": "tk_a9f2b7c4d1e8g3h6j5k0l2m4n6p8q",
    "mail": "correct-horse-battery",
}
"""The token of each."""


class Service:
    """One service. `answers` (set) or hangs; `code`: what it answers; `pause_s`: how long nothing more may be sent after one,
    as Discord says it [s]; `came`: all text of each message."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.came: list[str] = []
        self.at: list[float] = []
        self.tries = 0
        self.code = 200
        self.pause_s: int | None = None
        self.answers = Event()
        self.answers.set()
        self.url = ""

    def until(self, count: int) -> list[str]:
        """Wait for so many messages, and return them."""
        self.wait(lambda: len(self.came) >= count)
        return self.came

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, f"{self.kind}: {self.tries} tries, {self.came}"
            time.sleep(0.01)


class _Answer(NamedTuple):
    body: bytes
    kind: str = "application/json"


_ANSWERS = {
    "telegram": _Answer(b'{"ok": true, "result": {"message_id": 1}}'),
    "discord": _Answer(b"{}"),
    "slack": _Answer(b"ok", "text/html"),
    "ntfy": _Answer(b"{}"),
}


@contextmanager
def service(kind: str, patched: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service of a kind; the library is told that it is reached on loopback."""
    made = Service(kind)
    if kind == "mail":
        with mail() as post:
            made.came = _Texts(post.got)  # type: ignore[assignment]
            made.url = mail_url(post)
            yield made
        return

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            made.tries += 1
            made.answers.wait(PATIENCE_S)
            if made.code == 200:
                made.came.append("\n".join(_texts(json.loads(body))))
                made.at.append(time.monotonic())
            answer = _ANSWERS[kind] if made.code == 200 else _refusal(made.code)
            self.send_response(made.code)
            self.send_header("content-type", answer.kind)
            self.send_header("content-length", str(len(answer.body)))
            if made.code == 429:
                self.send_header("retry-after", "1")
            if made.pause_s is not None:
                self.send_header("x-ratelimit-remaining", "0")
                self.send_header("x-ratelimit-reset", str(int(time.time()) + made.pause_s))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made.url = _reached(kind, f"http://127.0.0.1:{server.server_port}", server.server_port, patched)
    try:
        yield made
    finally:
        made.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _reached(kind: str, address: str, port: int, patched: pytest.MonkeyPatch) -> str:
    """The route to a service, after the library was told where that is; only ntfy takes a host of one's own."""
    from apprise.plugins.discord import NotifyDiscord
    from apprise.plugins.slack import NotifySlack
    from apprise.plugins.telegram import NotifyTelegram

    secret = SECRETS[kind]
    match kind:
        case "telegram":
            patched.setattr(NotifyTelegram, "notify_url", f"{address}/bot")
            return f"tgram://{secret}/42"
        case "discord":
            patched.setattr(NotifyDiscord, "notify_url", f"{address}/webhooks")
            return f"discord://{secret}"
        case "slack":
            patched.setattr(NotifySlack, "webhook_url", f"{address}/services")
            return f"slack://{secret}/#alerts"
        case _:
            return f"ntfy://{secret}@127.0.0.1:{port}/tribunal"


def _refusal(code: int) -> _Answer:
    told = {"ok": False, "error_code": code, "description": "no", "parameters": {"retry_after": 1}}
    return _Answer(json.dumps(told).encode())


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


class _Texts:
    """The letters of a mail server as texts."""

    def __init__(self, got: list[Got]) -> None:
        self._got = got

    def __len__(self) -> int:
        return len(self._got)

    def __iter__(self) -> Iterator[str]:
        return (f"{each.title}\n{each.body}" for each in list(self._got))

    def __getitem__(self, at: int) -> str:
        return list(self)[at]
