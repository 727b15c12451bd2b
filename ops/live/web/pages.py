"""The pages: Now, Debate, Decisions, one decision, and what it was worth. They are drawn here, and only looked at."""

import shlex
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from config.clock import Clock
from ops.live.auth.access import COOKIE, Access, LockedOut, Who
from ops.live.auth.sessions import IDLE, same
from ops.live.web.again import limit_rows, shown
from ops.live.web.drawing import as_text, hearing_view, now_of, unsaid
from ops.live.web.guard import asked_by, reads, refuse_other_sites, steers
from ops.live.web.operating import controls, unheard_now, waiting_now
from ops.live.web.replays import LONGEST_S
from ops.live.web.rest import From
from ops.live.web.source import NotThere, Source

router = APIRouter(include_in_schema=False)
A_PAGE = 50
_PRE = "tribunal_login"
"""The cookie whose value the form of the login must carry too."""

Reader = Annotated[Who, Depends(reads)]


def body_of(request: Request, name: str, *, steers: bool) -> str:
    """The part of a page that changes: `now`, `debate` or `operator`. `steers`: for whom may act. Raises NotYet."""
    source: Source = request.app.state.source
    clock: Clock = request.app.state.clock
    status = source.status()
    known: dict[str, Any] = {"status": status, "now": now_of(status, clock.now), "steers": steers}
    if name != "debate":
        known["petitions"] = waiting_now(request)
    if name == "operator":
        known |= {"actions": source.actions(), "words": unheard_now(request)}
    elif name == "now":
        known |= {"positions": source.positions(), "orders": source.orders()}
    else:
        with source.window.fold() as fold:
            assert fold is not None
            recent, attempts = tuple(fold.recent)[::-1][:8], tuple(fold.attempts)[::-1][:12]
        known |= {"speaking": source.speaking(), "unsaid": unsaid, "recent": recent, "attempts": attempts}
    return _rendered(request, f"{name}_body.html", **known)


@router.get("/")
def now(request: Request, who: Reader) -> HTMLResponse:
    """How the session stands."""
    return _page(request, who, "now.html", "now", body=body_of(request, "now", steers=_steers(who)))


@router.get("/debate")
def debate(request: Request, who: Reader) -> HTMLResponse:
    """The court at work."""
    return _page(request, who, "debate.html", "debate", body=body_of(request, "debate", steers=_steers(who)))


@router.get("/operator")
def operator(request: Request, who: Reader, source: From) -> HTMLResponse:
    """What waits for a human, what humans have done, and, for the operator, what he may do."""
    access: Access = request.app.state.access
    body = body_of(request, "operator", steers=_steers(who))
    verbs = controls(source) if _steers(who) else ()
    return _page(request, who, "operator.html", "operator", body=body, verbs=verbs, has_password=access.has_password)


@router.get("/decisions")
def decisions(
    request: Request,
    who: Reader,
    source: From,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> HTMLResponse:
    """All decisions, with search."""
    found = source.decisions(q, (page - 1) * A_PAGE, A_PAGE)
    last = max(1, -(-found.found // A_PAGE))
    return _page(request, who, "decisions.html", "decisions", found=found, q=q, page=page, last=last)


@router.get("/decisions/{decision_id}")
def decision(request: Request, who: Reader, source: From, decision_id: str) -> HTMLResponse:
    """One decision with its trial."""
    try:
        found, trial = source.decision(decision_id)
    except NotThere:
        raise HTTPException(404, "no such decision is in the index") from None
    return _page(
        request,
        who,
        "decision.html",
        "decisions",
        decision=found,
        trial=trial,
        view=hearing_view(trial),
        text=as_text(trial),
        replay=f"tribunal replay {shlex.quote(str(source.journal.parent))} --decision {shlex.quote(decision_id)}",
        limit_rows=limit_rows(source.limits()),
        longest_s=LONGEST_S,
        **shown(request.app.state.replays.of(decision_id)),
    )


@router.get("/worth")
def worth(request: Request, who: Reader, source: From) -> HTMLResponse:
    """What the decisions were worth."""
    return _page(request, who, "worth.html", "worth", groups=source.worth(), beside=source.beside())


@router.get("/login")
def login_form(request: Request) -> Response:
    """The form of the login."""
    access: Access = request.app.state.access
    return _form(request) if access.has_password else RedirectResponse("/", 303)


@router.post("/login")
async def login(
    request: Request, password: Annotated[str, Form(max_length=1024)], form: Annotated[str, Form()]
) -> Response:
    """Begin a session of the operator."""
    refuse_other_sites(request)
    if not same(request.cookies.get(_PRE), form):
        return _form(request, "This form is too old. Try again.", 403)
    access: Access = request.app.state.access
    try:
        name = await run_in_threadpool(access.log_in, password, asked_by(request).address)
    except LockedOut as locked:
        minutes = -(-locked.seconds // 60)
        answer = _form(request, f"Too many wrong passwords. Wait {minutes} min.", 429)
        answer.headers["retry-after"] = str(locked.seconds)
        return answer
    if name is None:
        return _form(request, "This is not the password.", 401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE,
        name,
        httponly=True,
        samesite="strict",
        secure=request.app.state.is_secure,
        max_age=int(IDLE.total_seconds() * 12),
    )
    answer.delete_cookie(_PRE)
    return answer


@router.post("/logout")
def logout(request: Request, who: Annotated[Who, Depends(steers)]) -> Response:
    """End the session of this browser."""
    access: Access = request.app.state.access
    access.sessions.end(request.cookies.get(COOKIE))
    answer = Response(status_code=204, headers={"hx-redirect": "/login"})
    answer.delete_cookie(COOKIE)
    return answer


def waiting(request: Request) -> HTMLResponse:
    """The page of a session whose start is not known yet."""
    return HTMLResponse(_rendered(request, "waiting.html", fault=request.app.state.source.window.fault), 503)


def failed(request: Request, code: int, why: str) -> HTMLResponse:
    """A page that says what went wrong."""
    return HTMLResponse(_rendered(request, "failed.html", code=code, why=why), code)


def _steers(who: Who) -> bool:
    return "steer" in who.allowed


def _form(request: Request, why: str = "", code: int = 200) -> Response:
    made = request.app.state.new_form()
    answer = HTMLResponse(_rendered(request, "login.html", why=why, form=made), code)
    answer.set_cookie(_PRE, made, httponly=True, samesite="strict", secure=request.app.state.is_secure, max_age=600)
    return answer


def _page(request: Request, who: Who, template: str, tab: str, **known: Any) -> HTMLResponse:
    status = request.app.state.source.status()
    shared = {"who": who, "tab": tab, "steers": _steers(who)}
    return HTMLResponse(_rendered(request, template, **shared, **({"status": status} | known)))


def _rendered(request: Request, template: str, **known: Any) -> str:
    return str(request.app.state.templates.get_template(template).render(**known))
