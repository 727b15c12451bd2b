"""Looks for an operator's word between two bars of a tape, and waits for nothing. Of the recorded past the journal says what
came."""

from collections.abc import Callable
from typing import NamedTuple

from agents.desk.steered.source import Asked
from agents.records.inputs import Between
from agents.records.steered import Steered
from config.clock import Clock


def nothing_came() -> None:
    """For a session without a recorded past."""


class Looked(NamedTuple):
    """Where words come from: the mailbox, and before that the journal of a run that is resumed."""

    asked: Asked
    recorded: Callable[[], object | None] = nothing_came
    """What came next in the recorded past; None after its end."""


class TapeGlance:
    """The glance of one session, whose time is that of its bars."""

    def __init__(self, looked: Looked, clock: Clock) -> None:
        self._looked, self._clock = looked, clock

    def past(self) -> Between | None:
        came = self._looked.recorded()
        return came if isinstance(came, Between) else None

    def look(self) -> Steered | None:
        return self._looked.asked(self._clock.now())


def glance_of(looked: Looked | None, clock: Clock) -> TapeGlance | None:
    """The glance of a session; None where nobody can ask."""
    return None if looked is None else TapeGlance(looked, clock)
