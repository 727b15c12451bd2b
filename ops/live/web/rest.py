"""REST: the same functions as the pages, as JSON with a schema (`/api/openapi.json`)."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import Field

from config.frozen import Frozen
from ops.live.state.decisions import MOST_A_PAGE, Page
from ops.live.state.series import Curves
from ops.live.state.values import AlertNow, Held, OrderNow, Status
from ops.live.state.worth import Beside, Group
from ops.live.web.guard import reads
from ops.live.web.source import NotThere, Source
from ops.tables.trial.whole import trial_json

router = APIRouter(prefix="/api", tags=["read"], dependencies=[Depends(reads)])


class Whole(Frozen):
    """One decision: its line of the index, and its trial as `tribunal show RUN DECISION --json` prints it."""

    decision: dict[str, Any] = Field(description="its line of the index")
    trial: dict[str, Any] = Field(description="everything that was said, ruled, cut and traded")


def source_of(request: Request) -> Source:
    """The session that is shown."""
    found: Source = request.app.state.source
    return found


From = Annotated[Source, Depends(source_of)]


@router.get("/status")
def status(source: From) -> Status:
    """How the session stands."""
    return source.status()


@router.get("/positions")
def positions(source: From) -> tuple[Held, ...]:
    """What is held."""
    return source.positions()


@router.get("/orders")
def orders(source: From) -> tuple[OrderNow, ...]:
    """Orders that are open, or of unknown fate."""
    return source.orders()


@router.get("/alerts")
def alerts(source: From) -> tuple[AlertNow, ...]:
    """The last alerts, the newest first."""
    return source.alerts()


@router.get("/series")
def series(
    source: From, since: Annotated[datetime | None, Query(description="only later points (ISO 8601)")] = None
) -> Curves:
    """Equity, drawdown and exposure over time."""
    return source.curves(None if since is None else int(since.timestamp()))


@router.get("/decisions")
def decisions(
    source: From,
    q: Annotated[str, Query(description="words that a decision holds", max_length=200)] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_A_PAGE)] = 50,
) -> Page:
    """Decisions, the newest first."""
    return source.decisions(q, offset, limit)


@router.get("/decisions/{decision_id}")
def decision(source: From, decision_id: str) -> Whole:
    """One decision with its trial."""
    try:
        found, trial = source.decision(decision_id)
    except NotThere:
        raise HTTPException(404, "no such decision is in the index") from None
    return Whole(decision=found.model_dump(mode="json"), trial=json.loads(trial_json(trial)))


@router.get("/shadow")
def shadow(source: From) -> Beside | None:
    """The court beside its shadow; null where none sat."""
    return source.beside()


@router.get("/worth")
def worth(source: From) -> tuple[Group, ...]:
    """What purchases made, or would have made, by their fate."""
    return source.worth()
