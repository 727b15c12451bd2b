"""Runs the full engine on given votes: the usual cycle, court, gate and venue, with a script instead of the voters.

Nothing is journaled: many such runs are compared and discarded, and each can be repeated from its seed.
"""

from dataclasses import replace
from decimal import Decimal

from agents.desk.desk import Desk
from agents.llm.attempt import Attempt
from agents.strategies.contexts import Context
from config.frozen import Journaled
from evidence.worlds.votes import NettedVotes, ScriptedVoter, script_of


class Nowhere:
    """A sink that discards events. It only counts them, and adds up what models have cost."""

    def __init__(self) -> None:
        self._count = 0
        self.model_usd = Decimal(0)

    def append(self, event: Journaled) -> int:
        """The number that the event would have had."""
        self._count += 1
        if isinstance(event, Attempt):
            self.model_usd += event.cost_usd
        return self._count


def scripted(desk: Desk, votes: NettedVotes, why: str = "as scripted") -> Desk:
    """The desk with one voter of weight 1 that casts these votes with the reason `why`. The votes are already netted."""
    script = Context(name="script", strategy=ScriptedVoter(script_of(votes, why)), symbols=None, weight=1.0)
    return replace(desk, contexts=(script,))
