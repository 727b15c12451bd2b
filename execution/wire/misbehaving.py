"""Carries out the fault of one REST request: what the exchange does, and what the client gets of the answer, if anything."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web

from execution.exact import floor_to
from execution.wire.answering import Answering, Reply
from execution.wire.faults import Kind, Rule
from execution.wire.request import Endpoint
from execution.wire.trading import refusals
from execution.wire.trading.refusals import Refused
from risk.order import Side

_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
_LEFT_AFTER_S = 0.05
Ask = Callable[[], Reply]


class Misbehaving:
    """The faults of a server, carried out. `closed_until_ms`: while it is closed, every request gets a page."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._told: dict[tuple[str, tuple[tuple[str, str], ...]], Reply] = {}
        self._closed_until_ms = 0

    @property
    def closed(self) -> bool:
        """Whether the exchange is in maintenance."""
        return self._answering.access.now_ms() < self._closed_until_ms

    def remember(self, endpoint: Endpoint, params: Mapping[str, str], reply: Reply) -> None:
        """Keep an answer, to give it again when it is stale."""
        self._told[_question(endpoint, params)] = reply

    async def reply(
        self, rule: Rule, request: web.Request, endpoint: Endpoint, params: Mapping[str, str], ask: Ask
    ) -> web.StreamResponse:
        """The reply to a request that meets this fault."""
        kind, seconds = rule.kind, rule.seconds
        if kind is Kind.LATE:
            await asyncio.sleep(seconds)
        if kind is Kind.CLOCK:
            self._answering.access.skew_ms = int(seconds * 1000)
            return plain(ask())
        if kind is Kind.PARTIAL:
            self._thin(params, rule.share)
        if kind in (Kind.LATE, Kind.PARTIAL):
            return plain(ask())
        if kind is Kind.STALE:
            return plain(self._stale(endpoint, params, ask))
        done = ask() if rule.is_done else None
        if kind is Kind.TWICE:
            ask()
        return await self._answer(rule, request, done)

    async def _answer(self, rule: Rule, request: web.Request, done: Reply | None) -> web.StreamResponse:
        match rule.kind:
            case Kind.LOST_REPLY | Kind.RESET:
                return _abort(request)
            case Kind.HANG | Kind.HANG_DONE:
                return await _hang(request)
            case Kind.CUT:
                return await _cut(request, done)
            case Kind.HTML:
                return _page("Service", 200)
            case Kind.EMPTY:
                return web.Response(status=200, body=b"", content_type="application/json")
            case Kind.NOTHING:
                return plain(Reply(200, {}, {}))
            case Kind.STATUS:
                return _page(f"{rule.status} Error", rule.status)
            case Kind.ANSWER:
                return web.Response(status=rule.status, text=rule.body, content_type="application/json")
            case Kind.UNKNOWN_STATE:
                return plain(self._answering.refusal(Refused(refusals.UNKNOWN_STATE)))
            case Kind.TOO_MANY:
                self._answering.limits.retry_after_s = int(rule.seconds)
                return plain(self._answering.refusal(Refused(refusals.TOO_MANY_REQUESTS, 6000)))
            case Kind.BANNED:
                return plain(self._answering.refusal(self._answering.limits.ban(int(rule.seconds * 1000))))
            case Kind.MAINTENANCE:
                self._closed_until_ms = self._answering.access.now_ms() + int(rule.seconds * 1000)
                return maintenance()
            case _:
                return plain(done or Reply(200, {}, {}))

    def _stale(self, endpoint: Endpoint, params: Mapping[str, str], ask: Ask) -> Reply:
        """What this question was answered the last time; if it is new, that nothing is known yet."""
        if kept := self._told.get(_question(endpoint, params)):
            return kept
        if endpoint.name == "order.status":
            return self._answering.refusal(Refused(refusals.NO_ORDER))
        reply = ask()
        return Reply(200, [], reply.headers) if isinstance(reply.body, list) else reply

    def _thin(self, params: Mapping[str, str], share: float) -> None:
        """Leave only a share of the order in the book; an order that cannot be read changes nothing."""
        try:
            floor = self._answering.exchange.floor(params.get("symbol", ""))
            wanted = Decimal(params.get("quantity", ""))
            side = Side[params.get("side", "")]
        except (Refused, InvalidOperation, KeyError):
            return
        floor.thin(side, floor_to(wanted * Decimal(str(share)), floor.instrument.lot_size))


def plain(reply: Reply) -> web.Response:
    """A reply as it is."""
    body = json.dumps(reply.body, separators=(",", ":")).encode()
    return web.Response(body=body, status=reply.status, headers=reply.headers, content_type="application/json")


def maintenance() -> web.Response:
    """The page of an exchange that is closed."""
    return _page("503 Service Temporarily Unavailable", 503)


def _page(title: str, status: int) -> web.Response:
    return web.Response(text=_PAGE.format(title), status=status, content_type="text/html")


def _abort(request: web.Request) -> web.Response:
    """Reset the connection: what has not arrived never will."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)


async def _hang(request: web.Request) -> web.Response:
    """Say nothing until the client has left."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(_LEFT_AFTER_S)
    return web.Response(status=500)


async def _cut(request: web.Request, done: Reply | None) -> web.StreamResponse:
    """Promise the whole answer and send half of it."""
    body = json.dumps(done.body if done else {}).encode()
    response = web.StreamResponse(status=200, headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _question(endpoint: Endpoint, params: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A request without what changes every time."""
    asked: dict[str, Any] = {
        name: params[name] for name in params if name not in ("timestamp", "signature", "recvWindow")
    }
    return endpoint.name, tuple(sorted(asked.items()))
