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
        self._kept: dict[str, tuple[int, str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.open = 0

    async def of(self, request: Request, name: str) -> tuple[int, str]:
        """A part as it is now, and the number of the change that it shows."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            changes = request.app.state.source.window.changes
            kept = self._kept.get(name)
            if kept is None or kept[0] != changes:
                kept = self._kept[name] = (changes, await run_in_threadpool(body_of, request, name))
            return kept


@router.get("/stream/{name}", response_class=EventSourceResponse)
async def stream(
    request: Request, name: Literal["now", "debate"], who: Annotated[Who, Depends(streams)]
) -> AsyncIterator[ServerSentEvent]:
    """A part of a page, whenever it has changed."""
    drawn: Drawn = request.app.state.drawn
    if drawn.open >= MOST:
        yield ServerSentEvent(event="full", raw_data="too many streams are open")
        return
    drawn.open += 1
    try:
        async for event in _events(request, name, drawn):
            yield event
    finally:
        drawn.open -= 1


async def _events(request: Request, name: str, drawn: Drawn) -> AsyncIterator[ServerSentEvent]:
    window, shown = request.app.state.source.window, -1
    while not request.app.state.is_closing():
        if not _may_still_look(request):
            yield ServerSentEvent(event="signed-out", raw_data="the session of this browser has ended")
            return
        if window.changes == shown:
            await asyncio.sleep(_LOOK_S)
            continue
        try:
            shown, html = await drawn.of(request, name)
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
