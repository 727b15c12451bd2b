"""The full engine for votes that are given: the same cycle, court, gate and venue as ever, with a script in the voters' place.

Nothing is journaled: many such runs are compared and thrown away, and any of them can be made again from its seed.
"""

from dataclasses import replace

from agents.desk.desk import Desk
from agents.strategies.contexts import Context
from config.frozen import Journaled
from evidence.worlds.votes import ScriptedVoter, Votes


class Nowhere:
    """A sink that keeps nothing but the count."""

    def __init__(self) -> None:
        self._count = 0

    def append(self, event: Journaled) -> int:
        """The number that the event would have had."""
        self._count += 1
        return self._count


def scripted(desk: Desk, votes: Votes, why: str = "as scripted") -> Desk:
    """The desk with one voter of weight 1, who casts these votes with `why` as the reason. They are taken as netted already."""
    script = Context(name="script", strategy=ScriptedVoter(votes, why), symbols=None, weight=1.0)
    return replace(desk, contexts=(script,))
