"""The dockets whose rulings come later than the bar close at which their cases were heard.

A model needs time to think, and a market does not wait for it: exits, stops and other markets go on meanwhile. The court judges a
case as it was. What follows from its ruling is judged by the gate on the book of the moment at which the ruling is there, and a
clock says when that is (`agents.court.reserved.clocks`). A docket on which no ruling has come in good time is given up.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from agents.court.case import Case
from agents.court.hearing import Argued

FAST = "-fast"
"""At the end of the name of a decision: that of the share of it that was entered at once."""


class ReservedDocket(NamedTuple):
    """The cases of one bar close: the reviews of what is held, and the proposals. `fast`: the decisions on purchases of which a
    share was entered at once."""

    heard_utc: datetime
    held: tuple[Case, ...]
    proposed: tuple[Case, ...]
    fast: frozenset[str] = frozenset()

    @property
    def cases(self) -> tuple[Case, ...]:
        """All of them, reviews first."""
        return (*self.held, *self.proposed)

    @property
    def decisions(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(case.decision_id for case in self.cases)


class RulingClock(Protocol):
    """Says when the ruling on a docket is there, and gives it."""

    def begin(self, docket: ReservedDocket) -> None:
        """The docket is before the court."""
        ...

    def is_there(self, docket: ReservedDocket, at: datetime) -> bool:
        """Whether its ruling is there at a bar close."""
        ...

    def is_answered(self, docket: ReservedDocket) -> bool:
        """Whether the court has answered by now, between two bars."""
        ...

    async def argue(self, docket: ReservedDocket) -> tuple[Argued, ...]:
        """The rulings, in the order of the docket's cases; the attempts of its models are handed on first."""
        ...

    def forget(self, docket: ReservedDocket) -> None:
        """Nobody wants the ruling any more."""
        ...


class ReservedDockets:
    """The dockets of one session, oldest first. `patience`: the time after which a docket without a ruling is given up."""

    def __init__(self, clock: RulingClock, patience: timedelta) -> None:
        self._clock = clock
        self.patience = patience
        """The time after which a docket that is reserved from now on is given up."""
        self._until: dict[tuple[str, ...], datetime] = {}
        self._open: list[ReservedDocket] = []

    @property
    def symbols(self) -> frozenset[str]:
        """The markets of which a case is before the court."""
        return frozenset(case.symbol for docket in self._open for case in docket.cases)

    def reserve(self, docket: ReservedDocket) -> None:
        """Hear a docket: its ruling comes later."""
        self._open.append(docket)
        self._until[docket.decisions] = docket.heard_utc + self.patience
        self._clock.begin(docket)

    def entered(self, docket: ReservedDocket, fast: frozenset[str]) -> None:
        """Note of which purchases of an open docket a share was entered at once."""
        noted = docket._replace(fast=fast)
        self._open = [noted if each is docket else each for each in self._open]

    def due(self, at: datetime) -> tuple[ReservedDocket, ...]:
        """The dockets whose rulings are there at this bar close, oldest first. They are open no longer."""
        return self._taken([docket for docket in self._open if self._clock.is_there(docket, at)])

    def given_up(self, at: datetime) -> tuple[ReservedDocket, ...]:
        """The dockets on which no ruling has come in good time, oldest first. They are open no longer."""
        late = self._taken([docket for docket in self._open if self._until[docket.decisions] <= at])
        for docket in late:
            self._clock.forget(docket)
        return late

    def answered(self) -> ReservedDocket | None:
        """The oldest docket on which the court has answered by now, between two bars. It stays open until it is taken."""
        return next((docket for docket in self._open if self._clock.is_answered(docket)), None)

    def take(self, decisions: Sequence[str]) -> ReservedDocket | None:
        """The open docket with these decisions, which is open no longer; None if there is none."""
        found = [docket for docket in self._open if docket.decisions == tuple(decisions)]
        self._taken(found)
        return found[0] if found else None

    async def argue(self, docket: ReservedDocket) -> tuple[Argued, ...]:
        """The rulings on a docket that is open no longer."""
        return await self._clock.argue(docket)

    def cancel(self) -> None:
        """The session has ended: nobody wants any ruling."""
        for docket in self._taken(list(self._open)):
            self._clock.forget(docket)

    def _taken(self, found: list[ReservedDocket]) -> tuple[ReservedDocket, ...]:
        self._open = [docket for docket in self._open if docket not in found]
        for docket in found:
            del self._until[docket.decisions]
        return tuple(found)
