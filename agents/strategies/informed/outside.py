"""What somebody outside of the session has proposed: an operator, or a model that somebody else runs.

It is a vote and nothing else. Its confidence is the profile's, so who proposes has no word in the size; its stop is that of
`exits`. The words of the proposal stand in the journal, and reach neither this vote nor the court.
"""

from typing import ClassVar

from pydantic import Field

from agents.strategies.facts import Facts
from agents.strategies.voter import NOTHING, Ballot
from config.frozen import Frozen
from market.signals import TechnicalSignals


class Outside(Frozen):
    """What `tribunal steer RUN propose` or an agent has asked for, at the next bars of a running session; nothing anywhere else.

    It says nothing of a market in which something is held, so it closes nothing. It can be short, where the profile says
    `sides: both`.
    """

    sides: ClassVar[str] = "both"
    reads: ClassVar[str] = "core"

    confidence: float = Field(default=0.5, gt=0, le=1, description="confidence of each of its votes [0..1]")
    bars: int = Field(default=1, ge=1, le=1_000, description="bars at which a proposal is voted for [bars]")
    most_a_day: int = Field(default=12, ge=1, le=1_000, description="proposals that are taken in 24 hours")

    def vote(self, now: TechnicalSignals, facts: Facts) -> Ballot:
        """The side that was proposed."""
        asked = facts.proposed
        if asked is None:
            return NOTHING
        return Ballot(asked.direction, self.confidence, (f"it was proposed from outside of the session ({asked.via})",))
