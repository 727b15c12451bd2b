"""Recomputing a decision, from its page and by REST. Whoever may look may ask: nothing is changed and nothing is written."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from config.sections.limits import TIGHTENED, RiskLimits
from ops.live.auth.access import CSRF_HEADER, Who, may_change
from ops.live.web.guard import reads, refuse_other_sites, who_asks
from ops.live.web.replays import Again, Busy, Replays, limits_typed
from ops.live.web.rest import From
from ops.tables.trial.again import NOT_FOLLOWED, asked_line, decided_lines, rule_rows, said

pages = APIRouter(include_in_schema=False)
rest = APIRouter(prefix="/api/decisions", tags=["recompute"])
_ONE = "Another decision ({0}) is being recomputed, and only one is at a time. Try again when it is done."


def recomputes(request: Request) -> Who:
    """A dependency: whoever may look, from no other site; a browser that is logged in with the token of its session."""
    who = who_asks(request)
    refuse_other_sites(request)
    if not who.is_guest and not may_change(who, request.headers.get(CSRF_HEADER)):
        raise HTTPException(403, "the request does not carry the token of its session")
    return who


Asks = Annotated[Who, Depends(recomputes)]
Looks = Annotated[Who, Depends(reads)]


def limit_rows(limits: RiskLimits) -> tuple[dict[str, str], ...]:
    """The limits that judge one purchase: name, what it is, its value in this session."""
    fields = RiskLimits.model_fields
    values = limits.model_dump(mode="json")
    return tuple(
        {
            "name": name,
            "what": fields[name].description or "",
            "now": "null" if values[name] is None else str(values[name]),
        }
        for name in fields
        if name in TIGHTENED
    )


@rest.post("/{decision_id}/replay", status_code=202)
def begin(
    request: Request,
    who: Asks,
    source: From,
    decision_id: str,
    limits: Annotated[
        dict[str, float | None] | None, Body(embed=True, description="other limits, by name; null for none")
    ] = None,
) -> Again:
    """Begin to recompute a decision out of the journal, and, with other limits, what the gate would have said under them."""
    typed = {name: "null" if value is None else f"{value:.12g}" for name, value in (limits or {}).items()}
    return _begun(request, source, decision_id, typed)


@rest.get("/{decision_id}/replay")
def stands(request: Request, who: Looks, decision_id: str) -> Again:
    """How far that is, and what it has shown."""
    found = _replays(request).of(decision_id)
    if found is None:
        raise HTTPException(404, "nobody has asked for this decision to be recomputed")
    return found


@pages.post("/decisions/{decision_id}/replay")
async def begin_on_page(request: Request, who: Asks, source: From, decision_id: str) -> HTMLResponse:
    """The same, from the page."""
    form = await request.form()
    return _part(request, _begun(request, source, decision_id, {name: str(text) for name, text in form.items()}))


@pages.get("/decisions/{decision_id}/replay")
def stands_on_page(request: Request, who: Looks, decision_id: str) -> HTMLResponse:
    """The part of the page that says how far it is."""
    return _part(request, stands(request, who, decision_id))


def shown(again: Again | None) -> dict[str, Any]:
    """What the template of the part is given."""
    result = None if again is None else again.result
    return {
        "again": again,
        "result": result,
        "told": [] if result is None else decided_lines(result)[:1],
        "asked": "" if result is None else asked_line(result),
        "rule_rows": rule_rows,
        "said": said,
        "not_followed": NOT_FOLLOWED,
    }


def _begun(request: Request, source: From, decision_id: str, fields: dict[str, str]) -> Again:
    with source.window.fold() as fold:
        if fold is None or fold.decisions.one(decision_id) is None:
            raise HTTPException(404, "no such decision is in the index")
    try:
        return _replays(request).start(decision_id, limits_typed(fields))
    except ValueError as fault:
        raise HTTPException(422, str(fault)) from None
    except Busy as busy:
        raise HTTPException(409, _ONE.format(busy)) from None


def _part(request: Request, again: Again) -> HTMLResponse:
    template = request.app.state.templates.get_template("again.html")
    return HTMLResponse(template.render(**shown(again)))


def _replays(request: Request) -> Replays:
    found: Replays = request.app.state.replays
    return found
