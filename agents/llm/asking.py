"""How a mind asks a model: the manager asks a provider, or a recorded asker answers from a journal."""

from collections.abc import Callable
from decimal import Decimal
from typing import Generic, NamedTuple, Protocol, TypeVar

from agents.llm.attempt import Attempt, AttemptOutcome, Request

Word = TypeVar("Word")
Accept = Callable[[str], Word]
"""Turns the text of a reply into an opinion, or raises `Unacceptable`."""


class Unacceptable(Exception):
    """A reply without an opinion: MALFORMED (not strict JSON) or INVALID (JSON, but not the requested opinion).

    The model sees `why` in its one second request, so `why` must say what to correct.
    """

    def __init__(self, outcome: AttemptOutcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome
        self.why = why


class RoleAnswer(NamedTuple, Generic[Word]):
    """The result of asking: the opinion, or None and the reason; and every attempt, in order."""

    word: Word | None
    why: str
    attempts: tuple[Attempt, ...]


class Asker(Protocol):
    """Anything that can be asked for a role's opinion."""

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        """Ask the providers of the role's chain in order until one gives an acceptable opinion or none is left.

        A failure of a provider never raises an error. Raises ReplayMiss when a recording is missing.
        """
        ...

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """Begin a decision: its deadline and its budget start here.

        `before_usd` of its budget was already spent by a killed run that is now resumed [USD]. A decision that is
        asked `ahead` gives way to the decisions of the court.
        """
        ...
