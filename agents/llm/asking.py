"""How a mind asks: the manager answers live, or a recorded one answers from a journal."""

from collections.abc import Callable
from decimal import Decimal
from typing import Generic, NamedTuple, Protocol, TypeVar

from agents.llm.attempt import Attempt, AttemptOutcome, Request

Word = TypeVar("Word")
Accept = Callable[[str], Word]
"""Turns a reply's text into an opinion, or raises `Unacceptable`."""


class Unacceptable(Exception):
    """A reply that holds no opinion: MALFORMED (not strict JSON) or INVALID (JSON, but not the opinion asked for).

    `why` is shown to the model in the one re-ask, so it says what to correct.
    """

    def __init__(self, outcome: AttemptOutcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome
        self.why = why


class RoleAnswer(NamedTuple, Generic[Word]):
    """What asking led to: the word, or None and why not; and every attempt, in order."""

    word: Word | None
    why: str
    attempts: tuple[Attempt, ...]


class Asker(Protocol):
    """Whoever can be asked for a role's word."""

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        """Ask the role's chain until somebody gives an acceptable word or nobody is left. Never raises for a provider's
        failure; raises ReplayMiss when a recording is missing."""
        ...

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """A decision begins: its deadline and its budget run from here. `before_usd` of its budget was spent already, by a
        run that was killed and is gone on with. One that is asked `ahead` gives way to the court's."""
        ...
