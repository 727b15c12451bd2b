"""A vote, and the net of many votes on one symbol."""

from pydantic import Field

from config.frozen import Frozen
from risk.proposal import Direction


class Vote(Frozen):
    """The vote of one voter on one symbol at one bar: a direction, a confidence in [0, 1] and the reasons."""

    voter: str
    symbol: str
    direction: Direction
    confidence: float = Field(ge=0, le=1)
    weight: float = Field(gt=0)
    reasons: tuple[str, ...]


class NetVote(Frozen):
    """The net of all votes on a symbol: `conviction` in [0, 1] for `direction`; `against` is the overruled weight."""

    direction: Direction
    conviction: float = Field(ge=0, le=1)
    against: float = Field(ge=0, le=1)
    votes: tuple[Vote, ...]
