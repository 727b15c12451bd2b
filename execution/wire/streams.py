"""The websockets of the exchange: market streams, the user stream, and requests by message.

What is sent is sent once. A client that was away has missed it, as at the exchange: it asks over REST. Faults of events lose,
repeat or exchange them, or close the connection.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web

from execution.wire.answering import Answering, Reply
from execution.wire.endpoints import METHODS
from execution.wire.faults import EVENT, STREAM, Faults, Kind, Rule
from execution.wire.feeds import Feed, feed_of
from execution.wire.perpetual.told import listen_key_of
from execution.wire.trading import refusals
from execution.wire.trading.orders import Json
from execution.wire.trading.refusals import Refused

_BAD_STREAM: Json = {"code": 2, "msg": "Invalid request: invalid stream"}


class Socket:
    """One websocket, and what waits to be sent over it, in order."""

    def __init__(self, response: web.WebSocketResponse) -> None:
        self.response = response
        self.feeds: dict[str, Feed] = {}
        self.wrapped = False
        self.subscription: int | None = None
        self.bare = False
        """Whether its events come without an envelope, as those of perpetuals do."""
        self.held: Json | None = None
        self._waiting: asyncio.Queue[Json | None] = asyncio.Queue()

    def send(self, told: Json) -> None:
        """Send after what waits."""
        self._waiting.put_nowait(told)

    def drop(self) -> None:
        """Close without a word after what waits."""
        self._waiting.put_nowait(None)

    async def write(self) -> None:
        """Send what waits, until the connection ends."""
        while True:
            told = await self._waiting.get()
            if told is None:
                await self.response.close(code=1001)
                return
            try:
                await self.response.send_str(json.dumps(told, separators=(",", ":")))
            except ConnectionError:
                return


class Streams:
    """All websockets of one server."""

    def __init__(self, answering: Answering, faults: Faults) -> None:
        self._answering, self.faults = answering, faults
        self._exchange = answering.exchange
        self._sockets: set[Socket] = set()
        self._silent_until_ms = 0
        self._exchange.told = self.event
        self._exchange.changed = self.refresh

    async def close(self) -> None:
        """Close all connections."""
        for socket in tuple(self._sockets):
            await socket.response.close(code=1001)

    @property
    def listeners(self) -> int:
        """How many connections listen to the user stream."""
        return sum(socket.subscription is not None for socket in self._sockets)

    @property
    def feeds(self) -> int:
        """How many market streams are subscribed."""
        return sum(len(socket.feeds) for socket in self._sockets)

    # Telling

    def event(self, told: Json) -> None:
        """An event of the account: told to whoever listens now."""
        listening = [socket for socket in self._sockets if socket.subscription is not None]
        if not listening:
            return
        rule = self.faults.next(EVENT)
        for socket in listening:
            self._tell(socket, told if socket.bare else {"subscriptionId": socket.subscription, "event": told}, rule)

    def _tell(self, socket: Socket, told: Json, rule: Rule | None) -> None:
        """Send a message, or do with it what a fault does."""
        kind, now_ms = None if rule is None else rule.kind, self._answering.access.now_ms()
        if rule is not None and kind is Kind.SILENCE:
            self._silent_until_ms = now_ms + int(rule.seconds * 1000)
        if kind is Kind.LOSE or now_ms < self._silent_until_ms:
            return
        if kind is Kind.DROP:
            socket.subscription = None
            socket.feeds = {}
            socket.drop()
            return
        if kind is Kind.SWAP and socket.held is None:
            socket.held = told
            return
        for _ in range(2 if kind is Kind.DUPLICATE else 1):
            socket.send(told)
        if socket.held is not None:
            socket.send(socket.held)
            socket.held = None

    def refresh(self) -> None:
        """The market has moved: each feed tells what is new."""
        for socket in self._sockets:
            for name, feed in tuple(socket.feeds.items()):
                for told in feed.news():
                    message = {"stream": name, "data": told} if socket.wrapped else told
                    self._tell(socket, message, self.faults.next(STREAM))

    # Market streams

    async def markets(self, request: web.Request) -> web.StreamResponse:
        """A connection for market streams."""
        response = web.WebSocketResponse()
        await response.prepare(request)
        socket = Socket(response)
        socket.wrapped = request.path == "/stream"
        named = request.query.get("streams", request.match_info.get("names", ""))
        self._subscribe(socket, [name for name in named.split("/") if "@" in name])
        return await self._listen(socket, self._command)

    def _command(self, socket: Socket, asked: Mapping[str, Any]) -> Json:
        method, names = asked.get("method"), asked.get("params") or []
        number = asked.get("id")
        if not isinstance(names, list) or method not in ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"):
            return {"error": _BAD_STREAM, "id": number}
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": list(socket.feeds), "id": number}
        if method == "UNSUBSCRIBE":
            for name in names:
                socket.feeds.pop(str(name), None)
        elif not self._subscribe(socket, [str(name) for name in names]):
            return {"error": _BAD_STREAM, "id": number}
        return {"result": None, "id": number}

    def _subscribe(self, socket: Socket, names: list[str]) -> bool:
        feeds = {name: feed_of(self._exchange, name) for name in names}
        known = {name: feed for name, feed in feeds.items() if feed is not None}
        socket.feeds.update(known)
        return len(known) == len(names)

    # The user stream of perpetuals

    async def private(self, request: web.Request) -> web.StreamResponse:
        """A connection for the user stream of perpetuals, which its `listenKey` opens."""
        known = {listen_key_of(name) for name in self._answering.access.names}
        if request.query.get("listenKey") not in known:
            return web.Response(status=401, text="invalid listenKey")
        response = web.WebSocketResponse()
        await response.prepare(request)
        socket = Socket(response)
        socket.subscription, socket.bare = 0, True
        return await self._listen(socket, self._command)

    # Requests by message

    async def requests(self, request: web.Request) -> web.StreamResponse:
        """A connection for requests, and for the user stream."""
        response = web.WebSocketResponse()
        await response.prepare(request)
        return await self._listen(Socket(response), self._request)

    def _request(self, socket: Socket, asked: Mapping[str, Any]) -> Json:
        values = asked.get("params") or {}
        reply = self._reply(socket, str(asked.get("method")), values if isinstance(values, dict) else {})
        field = "result" if reply.status == 200 else "error"
        return {"id": asked.get("id"), "status": reply.status, field: reply.body, "rateLimits": []}

    def _reply(self, socket: Socket, method: str, values: dict[str, Any]) -> Reply:
        values = {name: value for name, value in values.items() if value is not None}
        try:
            if method == "userDataStream.subscribe.signature":
                self._answering.signed_key(values)
                socket.subscription = 0
                return Reply(200, {"subscriptionId": 0}, {})
            if method == "userDataStream.unsubscribe":
                socket.subscription = None
                return Reply(200, {}, {})
            if method not in METHODS:
                raise Refused(refusals.NO_METHOD, method)
        except Refused as refused:
            return self._answering.refusal(refused)
        return self._answering.message(METHODS[method], values)

    async def _listen(self, socket: Socket, command: Any) -> web.StreamResponse:
        """Answer each message until the connection ends."""
        self._sockets.add(socket)
        writing = asyncio.create_task(socket.write())
        try:
            async for message in socket.response:
                if message.type is WSMsgType.TEXT:
                    socket.send(self._answered(socket, message.data, command))
        finally:
            self._sockets.discard(socket)
            writing.cancel()
        return socket.response

    def _answered(self, socket: Socket, text: str, command: Any) -> Json:
        try:
            asked = json.loads(text)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return {"error": {"code": 3, "msg": "Invalid JSON"}}
        told: Json = command(socket, asked)
        return told
