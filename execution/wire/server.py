"""The server: it answers on loopback as the exchange would, over REST and websocket.

    async with WireServer(exchange) as url: ...

It listens on this machine only. Requests are answered one at a time, in the order in which they come. A client that hangs up
does not stop what it asked for: the exchange has taken it.
"""

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from config.clock import Clock, SystemClock
from execution.wire.access import Access, Key, Limits
from execution.wire.answering import Answering, Reply, read
from execution.wire.endpoints import SAPI, V3
from execution.wire.faults import Faults, Scenario
from execution.wire.misbehaving import Misbehaving, maintenance, plain
from execution.wire.pace import Pace
from execution.wire.perpetual.endpoints import FAPI
from execution.wire.request import Endpoint
from execution.wire.streams import Streams
from execution.wire.trading import refusals
from execution.wire.trading.exchange import Exchange
from execution.wire.trading.refusals import Refused

HOST = "127.0.0.1"
KEY = Key("simulator", "simulator-secret")
"""The key of an exchange that nobody gave another one."""
_CLOSES_IN_S = 0.5


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
        scenario: Scenario | None = None,
        speed: float = 0.0,
    ) -> None:
        """`port`: 0 takes any that is free. `clock`: what signatures are checked against.

        `speed`: time of the market in a unit of the clock's; 0 leaves it standing, moved by `advance` and POST /sim/advance.
        """
        clock = clock or SystemClock()
        access = Access({key.name: key for key in keys}, clock)
        self.exchange = exchange
        self.answering = Answering(exchange, access, limits or Limits(clock))
        self._faults = Faults(scenario or Scenario())
        self.streams = Streams(self.answering, self._faults)
        self.url = ""
        self._misbehaving = Misbehaving(self.answering)
        self._pace = Pace(exchange, clock, speed) if speed else None
        self._playing: asyncio.Task[None] | None = None
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def faults(self) -> Faults:
        """What goes wrong from now on: with answers, and with what the websockets tell."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = self.streams.faults = faults

    async def __aenter__(self) -> str:
        """Listen; returns the address. Raises OSError when the port is taken."""
        app = web.Application()
        app.router.add_get("/ws-api/v3", self.streams.requests)
        for path in ("/ws", "/ws/{names:.*}", "/stream", "/stream/ws", "/stream/ws/{names:.*}"):
            app.router.add_get(path, self.streams.markets)
        if self.exchange.perpetual:
            app.router.add_get("/private/ws", self.streams.private)
            for path in ("/public/ws", "/market/ws"):
                app.router.add_get(path, self.streams.markets)
            app.router.add_route("*", "/fapi/{path:.*}", self._fapi)
        else:
            app.router.add_route("*", "/api/v3/{path:.*}", self._v3)
        app.router.add_route("*", "/sapi/v1/{path:.*}", self._sapi)
        app.router.add_post("/sim/advance", self._advance)
        self._runner = web.AppRunner(app, handler_cancellation=False, access_log=None, shutdown_timeout=_CLOSES_IN_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://{HOST}:{self._port}"
        if self._pace is not None:
            self._playing = asyncio.create_task(self._pace.play())
        return self.url

    async def __aexit__(self, *_: object) -> None:
        if self._playing is not None:
            self._playing.cancel()
        await self.streams.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _v3(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, V3)

    async def _fapi(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, FAPI)

    async def _sapi(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, SAPI)

    async def _serve(self, request: web.Request, table: Mapping[tuple[str, str], Endpoint]) -> web.StreamResponse:
        endpoint = table.get((request.method, request.match_info["path"]))
        if self._misbehaving.closed:
            return maintenance()
        if endpoint is None:
            return plain(self.answering.refusal(Refused(refusals.NO_METHOD, f"{request.method} {request.path}")))
        query, body = request.rel_url.raw_query_string, await request.text()

        def ask() -> Reply:
            return self.answering.rest(endpoint, query, body, request.headers.get("X-MBX-APIKEY"))

        params = read(query, body)
        rule = self._faults.next(endpoint.name)
        if rule is not None:
            return await self._misbehaving.reply(rule, request, endpoint, params, ask)
        reply = ask()
        if self._faults.may_be_stale and request.method == "GET":
            self._misbehaving.remember(endpoint, params, reply)
        return plain(reply)

    async def _advance(self, request: web.Request) -> web.Response:
        """Move a market that is not played in time: by `bars`, or by `moments`."""
        if self._pace is not None:
            return plain(
                self.answering.refusal(Refused(refusals.NO_METHOD, "steps while the market is played in time"))
            )
        asked = {name: request.query.get(name, "") for name in ("bars", "moments")}
        if not all(value.isascii() and (value.isdigit() or not value) for value in asked.values()):
            return plain(self.answering.refusal(Refused(refusals.ILLEGAL, "bars")))
        for _ in range(int(asked["moments"] or 0)):
            self.exchange.step()
        for _ in range(int(asked["bars"] or (0 if asked["moments"] else 1))):
            self.exchange.advance()
        market = self.exchange.market
        return plain(Reply(200, {"now": market.now.isoformat(), "ended": market.ended}, {}))
