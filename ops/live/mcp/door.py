"""The door of the server over HTTP, on loopback: a bearer token of the scope `read`, and of no other.

A token that may steer is refused here: an agent reads headlines, and what it holds may not be worth more than looking.
"""

from collections.abc import Callable
from typing import Any, Final

from mcp.server.mcpserver import MCPServer
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ops.live.auth.access import Access, Asked, LockedOut
from ops.live.mcp.server import ALLOWED

PATH: Final = "/mcp"
DEFAULT_PORT: Final = 8422
_READ: Final = frozenset({"read"})
_MOST_BYTES: Final = 64 << 10
"""The largest request [bytes]."""
_MOST_SESSIONS: Final = 16
_IDLE_S: Final = 900.0


class Door:
    """Lets in who brings a token of the scope `read`."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, or refuse it."""
        if scope["type"] == "http":
            refused = self._refused(scope)
            if refused is not None:
                await refused(scope, receive, send)
                return
            scope[ALLOWED] = _READ
        await self._app(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        client = scope.get("client")
        token = Headers(scope=scope).get("authorization")
        try:
            who = self._access.who(Asked(None, token, client[0] if client else ""))
        except LockedOut as locked:
            return JSONResponse({"detail": "too many wrong tokens"}, 429, {"retry-after": str(locked.seconds)})
        if who is None:
            return JSONResponse({"detail": "send a token of the scope 'read'"}, 401, {"www-authenticate": "Bearer"})
        if who.allowed != _READ:
            return JSONResponse({"detail": "this token allows more than 'read'; send one that may only look"}, 403)
        return None


def application(server: MCPServer[Any], access: Access) -> Callable[[Callable[[], bool]], ASGIApp]:
    """What makes the application that is served."""

    def make(is_closing: Callable[[], bool]) -> ASGIApp:
        app = server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            max_request_body_size=_MOST_BYTES,
            max_sessions=_MOST_SESSIONS,
            session_idle_timeout=_IDLE_S,
        )
        return Door(app, access)

    return make
