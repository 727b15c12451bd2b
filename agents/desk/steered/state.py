"""What operators have asked of a session so far and what holds of it. It is made again from the journal by a replay or a resumed
run, and from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agents.records.steered import Steered
from agents.strategies.facts import Proposed
from execution.steering.words import Word


@dataclass(slots=True)
class Open:
    """A word that is being obeyed, until the venue's word says that it is done."""

    asked: Steered
    entries: Mapping[str, str] = field(default_factory=dict)
    """The entries that are withdrawn: the decision of each, by market."""
    closes: str = ""
    """The market whose position is closed; empty for none."""
    trades_before: int = 0
    """Closed trades of the account when it was asked."""
    tries: int = 0
    tried_utc: datetime | None = None
    bars: int = 0
    """Bars since it was asked."""


@dataclass(slots=True)
class Stands:
    """A proposal that counts: what is voted for, and at how many bars still."""

    proposed: Proposed
    bars_left: int


class Steers:
    """The words of one session."""

    def __init__(self) -> None:
        self.asked = 0
        """Words so far: what is sent because of one is named by its number."""
        self.off: dict[str, Word] = {}
        """Strategies that are switched off, each with the word that did it."""
        self.proposed: dict[str, Stands] = {}
        """What was proposed and counts still, by symbol."""
        self.proposed_at: list[datetime] = []
        """When proposals were taken, of the last day."""
        self.open: list[Open] = []
        """Words that are being obeyed, oldest first."""

    @property
    def closing(self) -> tuple[str, ...]:
        """Markets whose positions are being closed."""
        return tuple(each.closes for each in self.open if each.closes)
