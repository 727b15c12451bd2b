"""What every answer carries and every request must pass: headers, allowed hosts, the operator's session, a change's token."""

from typing import Final

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.live.auth.access import COOKIE, CSRF_HEADER, Access, Asked, LockedOut, Who, may_change
from ops.live.auth.operator import Scope as Allowed

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Headers:
    """Adds the headers of protection to every answer; pages and data are not kept by caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if not str(scope.get("path", "")).startswith("/static/"):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, guarded)


class LogInFirst(Exception):
    """A page that only the operator sees was asked for by nobody who is known."""


def asked_by(request: Request) -> Asked:
    """What a request says of itself."""
    client = request.client
    return Asked(request.cookies.get(COOKIE), request.headers.get("authorization"), client.host if client else "")


def who_asks(request: Request, allowed: Allowed = "read", *, touch: bool = True) -> Who:
    """Who asks. Raises LogInFirst for nobody who is known, HTTPException for somebody who may not, or has to wait."""
    access: Access = request.app.state.access
    try:
        who = access.who(asked_by(request), touch=touch)
    except LockedOut as locked:
        raise HTTPException(429, "too many wrong tokens", {"retry-after": str(locked.seconds)}) from None
    if who is None:
        raise LogInFirst
    if allowed not in who.allowed:
        raise HTTPException(403, f"this needs the scope {allowed!r}")
    return who


def reads(request: Request) -> Who:
    """A dependency: whoever may look."""
    return who_asks(request)


def streams(request: Request) -> Who:
    """A dependency: whoever may look. A stream that stays open by itself does not keep a session alive."""
    return who_asks(request, touch=False)


def steers(request: Request) -> Who:
    """A dependency for all that changes something: the scope, and from a browser the token of its session and no other site."""
    who = who_asks(request, "steer")
    refuse_other_sites(request)
    if not may_change(who, request.headers.get(CSRF_HEADER)):
        raise HTTPException(403, "the request does not carry the token of its session")
    return who


def refuse_other_sites(request: Request) -> None:
    """Raise HTTPException for a request that another site has sent through the operator's browser."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "the request comes from another site")
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin is not None and origin.partition("://")[2] != host:
        raise HTTPException(403, "the request comes from another site")
