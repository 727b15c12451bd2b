"""The shadow court of a session: it is given the cases that the court hears, and says what it would have ruled.

On bars that are there already it is waited for, so that the same run has the same journal. Beside a live feed nobody waits for
it: what it says is journaled at the first close by which it has spoken. Whatever breaks in it is told in its event, and never
ends a session.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agents.court.case import Case
from agents.llm.asking import Asker
from agents.llm.attempt import Attempt
from agents.shadow.aside import court_aside
from agents.shadow.heard import ShadowHeard, ShadowWord
from agents.shadow.seat import ShadowSeat
from config.errors import TribunalError
from config.settings import Settings

Past = Callable[[datetime], ShadowHeard | bool | None]
"""What a journal holds of the cases of a close, at the bar that is read: the event if it is there, False if it came later or
never; None after the end of the journal, or without one."""


def never_heard(as_of: datetime) -> None:
    """A session that has no past."""
    return


@dataclass(slots=True)
class _Docket:
    as_of: datetime
    cases: tuple[Case, ...]
    task: "asyncio.Task[ShadowHeard] | None" = None


class ShadowCourt:
    """Hears the dockets of a session aside. `waits`: whether a bar waits for it."""

    def __init__(
        self, seat: ShadowSeat, settings: Settings, asker: Asker | None, *, past: Past = never_heard, waits: bool
    ) -> None:
        self._attempts: dict[str, list[Attempt]] = {}
        self._court = court_aside(seat.within(settings), asker, seat.own_prompts, self._note)
        self._past, self._waits = past, waits
        self._open: list[_Docket] = []

    def begin(self, as_of: datetime, cases: tuple[Case, ...]) -> None:
        """Give it the cases of a close; returns at once."""
        if cases:
            docket = _Docket(as_of, cases)
            self._open.append(docket)
            if self._past(as_of) is None:
                docket.task = asyncio.create_task(self._sheltered(docket))

    async def land(self) -> tuple[ShadowHeard, ...]:
        """What it has said since the last close, in the order of the closes."""
        landed: list[ShadowHeard] = []
        left: list[_Docket] = []
        for docket in self._open:
            said = await self._said(docket)
            if said is None:
                left.append(docket)
            else:
                landed.append(said)
        self._open = left
        return tuple(landed)

    def cancel(self) -> None:
        """Leave what it has not said yet: the session ends."""
        for docket in self._open:
            if docket.task is not None:
                docket.task.cancel()
        self._open = []

    async def _said(self, docket: _Docket) -> ShadowHeard | None:
        known = self._past(docket.as_of)
        if known is False:
            return None
        if isinstance(known, ShadowHeard):  # it is heard again, so that a forged word is found
            return known if known.why is not None else await self._heard(docket)
        if docket.task is None:
            docket.task = asyncio.create_task(self._sheltered(docket))
        if self._waits:
            await asyncio.wait([docket.task])
        return docket.task.result() if docket.task.done() else None

    async def _sheltered(self, docket: _Docket) -> ShadowHeard:
        """Its words, or why it has none."""
        try:
            return await self._heard(docket)
        except TribunalError as fault:
            return self._failed(docket, str(fault))
        except Exception as fault:  # noqa: BLE001  whatever breaks in a court that decides nothing ends no session
            return self._failed(docket, f"it failed with {type(fault).__name__}")

    async def _heard(self, docket: _Docket) -> ShadowHeard:
        argued = await self._court.argue(docket.cases)
        words = tuple(ShadowWord.of(each) for each in argued)
        return ShadowHeard(as_of_utc=docket.as_of, words=words, attempts=self._taken(docket))

    def _failed(self, docket: _Docket, why: str) -> ShadowHeard:
        return ShadowHeard(as_of_utc=docket.as_of, words=(), attempts=self._taken(docket), why=why)

    def _taken(self, docket: _Docket) -> tuple[Attempt, ...]:
        return tuple(each for case in docket.cases for each in self._attempts.pop(case.decision_id, ()))

    def _note(self, attempt: Attempt) -> None:
        self._attempts.setdefault(attempt.decision_id, []).append(attempt)
