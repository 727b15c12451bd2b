"""What operators have asked of a session, each with its result: the audit of every action."""

from datetime import datetime
from typing import NamedTuple

from agents.records.steered import SteerDone, Steered
from execution.steering.words import Word


class Action(NamedTuple):
    """One action. `done` is None where the journal ends before its result."""

    at_utc: datetime
    word: Word
    done: SteerDone | None

    @property
    def result(self) -> str:
        """What became of it, in words."""
        if self.done is None:
            return "open: the journal ends before its result"
        return f"{self.done.outcome}: {self.done.told}"


class Actions:
    """What has been read so far."""

    def __init__(self) -> None:
        self._asked: dict[str, Steered] = {}
        self._done: dict[str, SteerDone] = {}

    def take(self, event: Steered | SteerDone) -> None:
        """Take an event of the journal."""
        if isinstance(event, Steered):
            self._asked[event.word.word_id] = event
        else:
            self._done[event.word_id] = event

    def all(self) -> tuple[Action, ...]:
        """All actions, in their order."""
        return tuple(Action(asked.at_utc, asked.word, self._done.get(name)) for name, asked in self._asked.items())
