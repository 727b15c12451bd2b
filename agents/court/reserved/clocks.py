"""When a ruling that was reserved is there.

    a time after its case     on bars that are there already (`court.latency_s`): at the first bar close at or after that
    when it has come          on bars that are yet to come (`court.wait: false`): the court answers beside the bars

A court that answers beside the bars has a machine of its own for each docket, so that two dockets never mix. The attempts of its
models are kept until the moment of the ruling, and journaled then: what is journaled has an order that a replay finds again. So a
run that is killed before that asks again, and in the past of a resumed run, or in a replay, nobody is asked before that moment:
its answers lie in the journal.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from agents.court.graph import Court
from agents.court.hearing import Argued
from agents.court.minds.watchlist import Landed
from agents.court.reserved.dockets import ReservedDocket
from agents.llm.attempt import Attempt

Note = Callable[[Attempt], object]
CourtOf = Callable[[Note], Court]
"""A court whose attempts are noted there."""
Seated = Callable[[], CourtOf]
"""Opens courts in which sits who sits at that moment."""


class LatencyClock:
    """A ruling is there a time after its case. Nobody is asked before: what a case says does not change by waiting, and a run
    that is killed meanwhile has lost no answer."""

    def __init__(self, latency: timedelta, court: Court) -> None:
        self._latency, self._court = latency, court

    def begin(self, docket: ReservedDocket) -> None:
        """Nothing to do yet."""

    def is_there(self, docket: ReservedDocket, at: datetime) -> bool:
        """Whether its time has passed."""
        return docket.heard_utc + self._latency <= at

    def is_answered(self, docket: ReservedDocket) -> bool:
        """Never: it is there at a bar close."""
        return False

    async def argue(self, docket: ReservedDocket) -> tuple[Argued, ...]:
        """Hear it now."""
        return await self._court.argue(docket.cases)

    def forget(self, docket: ReservedDocket) -> None:
        """Nothing to do: nobody was asked."""


class _Asked(NamedTuple):
    task: "asyncio.Task[tuple[Argued, ...]]"
    attempts: list[Attempt]


class BesideClock:
    """A ruling is there when the court has answered. Belongs to one event loop. `note` takes the attempts at that moment;
    `landed` says whether there is a recorded past."""

    def __init__(self, seated: Seated, note: Note, landed: Landed) -> None:
        self._seated, self._note, self._landed = seated, note, landed
        self._courts: dict[tuple[str, ...], CourtOf] = {}
        self._asked: dict[tuple[str, ...], _Asked] = {}

    def begin(self, docket: ReservedDocket) -> None:
        """Ask at once, if no journal holds the answer. Who sits now hears it to its end."""
        self._courts[docket.decisions] = self._seated()
        if self._landed(docket.decisions[0]) is None:
            self._ask(docket)

    def is_there(self, docket: ReservedDocket, at: datetime) -> bool:
        """Never: it comes between two bars."""
        return False

    def is_answered(self, docket: ReservedDocket) -> bool:
        """Whether the court has answered. A question that was lost when a run was killed is asked again."""
        return self._ask(docket).task.done()

    async def argue(self, docket: ReservedDocket) -> tuple[Argued, ...]:
        """The answer; in the past, what the journal holds of it."""
        asked = self._asked.pop(docket.decisions, None)
        court_of = self._courts.pop(docket.decisions)
        if asked is None:
            return await court_of(self._note).argue(docket.cases)
        argued = await asked.task
        for attempt in asked.attempts:
            self._note(attempt)
        return argued

    def forget(self, docket: ReservedDocket) -> None:
        """Break the question off."""
        self._courts.pop(docket.decisions, None)
        asked = self._asked.pop(docket.decisions, None)
        if asked is not None:
            asked.task.cancel()

    def _ask(self, docket: ReservedDocket) -> _Asked:
        asked = self._asked.get(docket.decisions)
        if asked is None:
            attempts: list[Attempt] = []
            court = self._courts[docket.decisions](attempts.append)
            asked = _Asked(asyncio.create_task(court.argue(docket.cases)), attempts)
            self._asked[docket.decisions] = asked
        return asked
