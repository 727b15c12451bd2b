"""The door of the server over HTTP, on loopback: a bearer token of the scope `read`, or of `propose` where the operator has
allowed proposals, and of no other.

A token that may do more than this server offers is refused: an agent reads headlines, and what it holds may not be worth more.
"""

from collections.abc import Callable
from typing import Any, Final

from mcp.server.mcpserver import MCPServer
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ops.live.auth.access import Access, Asked, LockedOut, Who
from ops.live.mcp.server import ALLOWED, LOOKING, NAMED

PATH: Final = "/mcp"
DEFAULT_PORT: Final = 8422
_MOST_BYTES: Final = 64 << 10
"""The largest request [bytes]."""
_MOST_SESSIONS: Final = 16
_IDLE_S: Final = 900.0


class Door:
    """Lets in who brings a token that may look, and that allows no more than is `offered`."""

    def __init__(self, app: ASGIApp, access: Access, offered: frozenset[str] = LOOKING) -> None:
        self._app, self._access, self._offered = app, access, offered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, or refuse it."""
        if scope["type"] == "http":
            who = self._who(scope)
            if isinstance(who, Response):
                await who(scope, receive, send)
                return
            scope[ALLOWED], scope[NAMED] = who.allowed, who.name
        await self._app(scope, receive, send)

    def _who(self, scope: Scope) -> Who | Response:
        client = scope.get("client")
        token = Headers(scope=scope).get("authorization")
        most = "'propose'" if "propose" in self._offered else "'read'"
        try:
            who = self._access.who(Asked(None, token, client[0] if client else ""))
        except LockedOut as locked:
            return JSONResponse({"detail": "too many wrong tokens"}, 429, {"retry-after": str(locked.seconds)})
        if who is None:
            return JSONResponse({"detail": "send a token of the scope 'read'"}, 401, {"www-authenticate": "Bearer"})
        if not who.allowed <= self._offered:
            return JSONResponse({"detail": f"this token allows more than {most}; send one that allows no more"}, 403)
        return who


def application(
    server: MCPServer[Any], access: Access, offered: frozenset[str] = LOOKING
) -> Callable[[Callable[[], bool]], ASGIApp]:
    """What makes the application that is served."""

    def make(is_closing: Callable[[], bool]) -> ASGIApp:
        app = server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            max_request_body_size=_MOST_BYTES,
            max_sessions=_MOST_SESSIONS,
            session_idle_timeout=_IDLE_S,
        )
        return Door(app, access, offered)

    return make
