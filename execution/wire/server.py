"""The server: it answers on loopback as the exchange would, REST and websocket, and plays the market in time.

    async with WireServer(exchange) as url: ...

It listens on this machine only. Requests are answered one at a time, in the order in which they come. A client that hangs up
does not stop what it asked for: the exchange has taken it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from config.clock import Clock, SystemClock
from execution.wire import refusals
from execution.wire.access import Access, Key, Limits
from execution.wire.endpoints import SAPI, V3, Endpoint, Request
from execution.wire.exchange import Exchange
from execution.wire.refusals import Refused

HOST = "127.0.0.1"
KEY = Key("simulator", "simulator-secret")
"""The key of an exchange that nobody gave another one."""


class WireServer:
    """One exchange on one port. Use it as an asynchronous context manager: it gives its address."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        keys: Sequence[Key] = (KEY,),
        clock: Clock | None = None,
        port: int = 0,
        limits: Limits | None = None,
    ) -> None:
        """`port`: 0 takes any that is free."""
        self.exchange = exchange
        clock = clock or SystemClock()
        self.access = Access({key.name: key for key in keys}, clock)
        self.limits = limits or Limits(clock)
        self.url = ""
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> str:
        """Listen; returns the address. Raises OSError when the port is taken."""
        app = web.Application()
        app.router.add_route("*", "/api/v3/{path:.*}", self._v3)
        app.router.add_route("*", "/sapi/v1/{path:.*}", self._sapi)
        app.router.add_post("/sim/advance", self._advance)
        self._runner = web.AppRunner(app, handler_cancellation=False, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://{HOST}:{self._port}"
        return self.url

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _v3(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, V3)

    async def _sapi(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, SAPI)

    async def _advance(self, request: web.Request) -> web.Response:
        """Move a market that is not played in time: by `bars`, or by `moments`."""
        for _ in range(int(request.query.get("moments", "0"))):
            self.exchange.step()
        for _ in range(int(request.query.get("bars", "0" if "moments" in request.query else "1"))):
            self.exchange.advance()
        return _json({"now": self.exchange.market.now.isoformat(), "ended": self.exchange.market.ended})

    async def _serve(self, request: web.Request, table: Mapping[tuple[str, str], Endpoint]) -> web.StreamResponse:
        endpoint = table.get((request.method, request.match_info["path"]))
        orders = endpoint is not None and endpoint.orders
        try:
            if endpoint is None:
                raise Refused(refusals.NO_METHOD, f"{request.method} {request.path}")
            answered = self.answer(endpoint, request.rel_url.raw_query_string, await request.text(), request.headers)
        except Refused as refused:
            return _json(refused.body(), refused.why.status, {**self.limits.headers(orders), **self._pause(refused)})
        return _json(answered, 200, self.limits.headers(orders))

    def answer(self, endpoint: Endpoint, query: str, body: str, headers: Mapping[str, str]) -> Any:
        """The answer to one request, as JSON. Raises Refused."""
        params = dict(parse_qsl(query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))
        self.limits.weigh(endpoint.weight(params))
        key = None
        if endpoint.signed:
            key = self.access.key(headers.get("X-MBX-APIKEY"))
            signed = "".join(part for part in (_unsigned(query), _unsigned(body)) if part)
            self.access.check_signed(key, signed, params)
            if endpoint.orders and not key.trades:
                raise Refused(refusals.BAD_KEY)
        if endpoint.orders:
            self.limits.order()
        endpoint.check(params)
        return endpoint.answer(Request(self.exchange, self.access.now_ms(), params, key))

    def _pause(self, refused: Refused) -> dict[str, str]:
        told = refused.why.status in (418, 429) and self.limits.retry_after_s
        return {"Retry-After": str(self.limits.retry_after_s)} if told else {}


def _unsigned(text: str) -> str:
    """A query or a body without its signature, as it was signed."""
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=json.dumps(body, separators=(",", ":")).encode(), status=status, headers=headers,
        content_type="application/json",
    )  # fmt: skip
