"""The application: what is served where, who is let in, and what an answer says when something went wrong."""

import secrets
from collections.abc import Callable
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from config.clock import Clock
from config.errors import TribunalError
from config.version import version
from ops.live.auth.access import Access
from ops.live.metrics.exporting import registry_of, rendered
from ops.live.steering.giving import Steering
from ops.live.web import again, operating, pages, rest, streams
from ops.live.web.drawing import environment
from ops.live.web.guard import Headers, LogInFirst, reads
from ops.live.web.health import Health, ready
from ops.live.web.replays import Replays
from ops.live.web.source import NotYet, Source

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
STATIC = Path(__file__).parent / "static"
REPORT_STYLE = "report.css"


def application(
    source: Source,
    access: Access,
    clock: Clock,
    *,
    hosts: tuple[str, ...] = (),
    is_secure: bool = False,
    is_closing: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """The application of one session. `hosts`: names beside loopback by which it may be asked; `is_secure`: it is reached by
    https alone; `is_closing`: whether streams are to end."""
    app = FastAPI(title="Tribunal", version=version(), docs_url=None, redoc_url=None, openapi_url=None)
    app.state.source, app.state.access, app.state.clock = source, access, clock
    app.state.templates, app.state.drawn = environment(), streams.Drawn()
    app.state.is_secure, app.state.is_closing = is_secure, is_closing
    app.state.steering = Steering(source.journal.parent, source.window, clock)
    app.state.replays = Replays(source.journal.parent, is_closing)
    app.state.new_form = lambda: secrets.token_urlsafe(24)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *hosts], www_redirect=False)
    app.add_middleware(Headers)
    for router in (pages.router, again.pages, operating.pages, streams.router, rest.router, again.rest, operating.rest):
        app.include_router(router)
    _probes(app, source, clock)
    _faults(app)
    style = app.state.templates.get_template(REPORT_STYLE).render()
    app.add_api_route(
        f"/static/{REPORT_STYLE}", lambda: Response(style, media_type="text/css"), include_in_schema=False
    )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _probes(app: FastAPI, source: Source, clock: Clock) -> None:
    @app.get("/health", tags=["probes"])
    def health() -> Health:
        """Whether this server answers."""
        return Health(ok=True)

    @app.get("/ready", tags=["probes"], responses={503: {"model": Health}})
    def is_ready() -> Response:
        """Whether what is shown is the session as it stands, and why not."""
        found = ready(source.window, clock.now())
        return JSONResponse(found.model_dump(mode="json"), 200 if found.ok else 503)

    registry = registry_of(source.window)

    @app.get("/metrics", tags=["probes"], dependencies=[Depends(reads)], response_class=Response)
    def metrics(request: Request) -> Response:
        """The session in figures, for Prometheus (docs/metrics.md)."""
        told = rendered(registry, request.headers.get("accept", ""))
        return Response(told.body, headers={"content-type": told.content_type})

    @app.get("/api/openapi.json", include_in_schema=False, dependencies=[Depends(reads)])
    def schema() -> JSONResponse:
        return JSONResponse(app.openapi())


def _faults(app: FastAPI) -> None:
    """What an answer says: JSON for programs, a page elsewhere; never a traceback."""

    def told(request: Request, code: int, why: str, headers: dict[str, str] | None = None) -> Response:
        answer: Response
        if _is_rest(request):
            answer = JSONResponse({"detail": why}, code)
        elif _is_part(request):
            answer = HTMLResponse(str(Markup('<p class="banner bad" role="alert">{}</p>').format(why)), code)
        else:
            answer = pages.failed(request, code, why)
        answer.headers.update(headers or {})
        return answer

    @app.exception_handler(LogInFirst)
    async def log_in(request: Request, fault: LogInFirst) -> Response:
        if _is_rest(request):
            return JSONResponse({"detail": "log in, or send a token"}, 401, {"www-authenticate": "Bearer"})
        if _is_part(request):
            return Response(status_code=401, headers={"hx-redirect": "/login"})
        if request.url.path.startswith("/stream/"):
            return Response(status_code=401)
        return RedirectResponse("/login", 303)

    @app.exception_handler(NotYet)
    async def not_yet(request: Request, fault: NotYet) -> Response:
        if _is_rest(request):
            return JSONResponse({"detail": str(fault)}, 503, {"retry-after": "1"})
        return pages.waiting(request)

    @app.exception_handler(TribunalError)
    async def ours(request: Request, fault: TribunalError) -> Response:
        return told(request, 503, str(fault))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, fault: HTTPException) -> Response:
        return told(request, fault.status_code, fault.detail, dict(fault.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, fault: RequestValidationError) -> Response:
        found = fault.errors()[0]
        return told(request, 422, f"{'.'.join(map(str, found['loc']))}: {found['msg']}")

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, fault: Exception) -> Response:
        return HTMLResponse("Something went wrong in the window. The session is not touched by it.", 500)


def _is_part(request: Request) -> bool:
    """Whether a page asks for a part of itself."""
    return "hx-request" in request.headers


def _is_rest(request: Request) -> bool:
    return request.url.path.startswith(("/api", "/metrics"))
