"""Server-sent events: the part of a page that changes, drawn again when the session has moved, at most once a second.

A part is drawn once for all who look. A browser that comes back after a break gets the whole part: nothing has to be caught up.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ops.live.auth.access import LockedOut, Who
from ops.live.web.guard import asked_by, streams
from ops.live.web.pages import body_of
from ops.live.web.source import NotYet

router = APIRouter(include_in_schema=False)
EVERY_S = 1.0
"""Least time between two drawings of a part [s]."""
_LOOK_S = 0.25
MOST = 32
"""Streams that may be open at a time; one more is refused."""


class Drawn:
    """The parts as they were drawn last."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool], tuple[int, str]] = {}
        self._locks: dict[tuple[str, bool], asyncio.Lock] = {}
        self.open = 0

    async def of(self, request: Request, name: str, *, steers: bool) -> tuple[int, str]:
        """A part as it is now, and the number of the change that it shows. `steers`: for whom may act."""
        which = (name, steers)
        async with self._locks.setdefault(which, asyncio.Lock()):
            changes = changes_of(request)
            kept = self._kept.get(which)
            if kept is None or kept[0] != changes:
                html = await run_in_threadpool(body_of, request, name, steers=steers)
                kept = self._kept[which] = (changes, html)
            return kept


def changes_of(request: Request) -> int:
    """A number that is another one whenever the session has moved, or a petition or a word waits or waits no more."""
    moved: int = request.app.state.source.window.changes + request.app.state.steering.changed_ns()
    return moved


@router.get("/stream/{name}", response_class=EventSourceResponse)
async def stream(
    request: Request, name: Literal["now", "debate", "operator"], who: Annotated[Who, Depends(streams)]
) -> AsyncIterator[ServerSentEvent]:
    """A part of a page, whenever it has changed."""
    drawn: Drawn = request.app.state.drawn
    if drawn.open >= MOST:
        yield ServerSentEvent(event="full", raw_data="too many streams are open")
        return
    drawn.open += 1
    try:
        async for event in _events(request, name, drawn, steers="steer" in who.allowed):
            yield event
    finally:
        drawn.open -= 1


async def _events(request: Request, name: str, drawn: Drawn, *, steers: bool) -> AsyncIterator[ServerSentEvent]:
    shown = -1
    while not request.app.state.is_closing():
        if not _may_still_look(request):
            yield ServerSentEvent(event="signed-out", raw_data="the session of this browser has ended")
            return
        if changes_of(request) == shown:
            await asyncio.sleep(_LOOK_S)
            continue
        try:
            shown, html = await drawn.of(request, name, steers=steers)
        except NotYet:
            await asyncio.sleep(_LOOK_S)
            continue
        yield ServerSentEvent(raw_data=html, id=str(shown))
        if name == "now":
            yield ServerSentEvent(event="moved", raw_data=str(shown))
        await asyncio.sleep(EVERY_S)


def _may_still_look(request: Request) -> bool:
    try:
        return request.app.state.access.who(asked_by(request), touch=False) is not None
    except LockedOut:
        return False
