"""A Bot API of Telegram on loopback: getMe, sendMessage, getUpdates with long polling, and confirmation by offset."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "123456789:abcdefg_hijklmnop"
PATIENCE_S = 30.0


class FakeBot:
    """What was written to the bot and what it has answered. `fail` makes every call fail with this code and these words."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str]] = []
        self.updates: list[dict[str, Any]] = []
        self.fail: tuple[int, str] | None = None
        self._number = 0
        self._changed = Condition()
        self.port = 0

    @property
    def api(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/bot"

    def say(self, text: str, user: int = 42, chat: int | None = None, sent: float | None = None) -> None:
        """Somebody writes to the bot; `sent`: when [s since the epoch], now unless it is given."""
        kind = "private" if chat is None else "group"
        person = {"id": user, "is_bot": False, "first_name": "Ada"}
        with self._changed:
            self._number += 1
            told = {
                "message_id": self._number,
                "date": int(time.time() if sent is None else sent),
                "from": person,
                "text": text,
            }
            told["chat"] = {"id": user if chat is None else chat, "type": kind, "first_name": "x", "title": "x"}
            self.updates.append({"update_id": self._number, "message": told})
            self._changed.notify_all()

    def until(self, count: int) -> list[str]:
        """Wait for so many answers."""
        end = time.monotonic() + PATIENCE_S
        while len(self.sent) < count:
            assert time.monotonic() < end, f"{len(self.sent)} of {count} answers: {self.sent}"
            time.sleep(0.01)
        return [text for _, text in self.sent]

    def until_read(self) -> None:
        """Wait until every message was taken."""
        end = time.monotonic() + PATIENCE_S
        while self.updates:
            assert time.monotonic() < end
            time.sleep(0.01)

    def call(self, method: str, asked: dict[str, Any]) -> Any:
        match method:
            case "getMe":
                return {"id": 1, "is_bot": True, "first_name": "t", "username": "tribunal_bot"}
            case "sendMessage":
                chat, text = int(asked["chat_id"]), str(asked["text"])
                self.sent.append((chat, text))
                return {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}, "text": text}
            case "getUpdates":
                return self._poll(int(asked.get("offset", 0)), float(asked.get("timeout", 0)))
            case _:
                return True

    def _poll(self, offset: int, wait_s: float) -> list[dict[str, Any]]:
        with self._changed:
            self.updates = [each for each in self.updates if each["update_id"] >= offset]
            self._changed.wait_for(lambda: bool(self.updates), min(wait_s, 1.0))
            return list(self.updates)


@contextmanager
def bot_api() -> Iterator[FakeBot]:
    """The Bot API while the block lasts."""
    bot = FakeBot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            place = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            is_json = "json" in self.headers.get("content-type", "")
            asked = json.loads(body) if is_json and body else dict(parse_qsl(body.decode()))
            token, _, method = place.path.removeprefix("/bot").partition("/")
            code, told = 200, {"ok": True, "result": None}
            if bot.fail is not None or token != TOKEN:
                code, words = bot.fail or (401, "Unauthorized")
                told = {"ok": False, "error_code": code, "description": words}  # type: ignore[dict-item]
            else:
                told["result"] = bot.call(method, asked | dict(parse_qsl(place.query)))
            answer = json.dumps(told).encode()
            with suppress(ConnectionError):  # a poll that was given up
                self.send_response(code)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    bot.port = server.server_port
    try:
        yield bot
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
