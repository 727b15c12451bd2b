"""A vote, and the net of many: what the strategies want of one symbol."""

from pydantic import Field

from config.frozen import Frozen
from risk.proposal import Direction


class Vote(Frozen):
    """One voter's word on one symbol at one bar: a direction, a confidence in [0, 1] and the reasons."""

    voter: str
    symbol: str
    direction: Direction
    confidence: float = Field(ge=0, le=1)
    weight: float = Field(gt=0)
    reasons: tuple[str, ...]


class NetVote(Frozen):
    """All votes on a symbol, netted: `conviction` in [0, 1] behind `direction`; `against` is the weight overruled."""

    direction: Direction
    conviction: float = Field(ge=0, le=1)
    against: float = Field(ge=0, le=1)
    votes: tuple[Vote, ...]
