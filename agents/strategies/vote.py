"""A vote, and the net of many votes on one symbol."""

from pydantic import Field

from config.frozen import Frozen, absent
from risk.proposal import Direction


class Vote(Frozen):
    """The vote of one voter on one symbol at one bar: a direction, a confidence in [0, 1] and the reasons."""

    voter: str
    symbol: str
    direction: Direction
    confidence: float = Field(ge=0, le=1)
    weight: float = Field(gt=0)
    reasons: tuple[str, ...]
    exposure: float | None = Field(default=None, ge=0, le=1, exclude_if=absent)
    """The share of a full position that it wants now; None for a voter of single events."""
    exit_price: float | None = Field(default=None, gt=0, exclude_if=absent)
    """Its own exit [quote]."""
    horizon_bars: int | None = Field(default=None, ge=1, exclude_if=absent)
    """How long it means to hold [bars]."""


class NetVote(Frozen):
    """The net of all votes on a symbol: `conviction` in [0, 1] for `direction`; `against` is the overruled weight."""

    direction: Direction
    conviction: float = Field(ge=0, le=1)
    against: float = Field(ge=0, le=1)
    votes: tuple[Vote, ...]
    exposure: float | None = Field(default=None, ge=0, le=1, exclude_if=absent)
    """The share of a full position that its position voters want; None if none of them speaks, or wants any."""
    exit_price: float | None = Field(default=None, gt=0, exclude_if=absent)
    """Their own exit [quote]: the price below which all of them want to be out."""
    horizon_bars: int | None = Field(default=None, ge=1, exclude_if=absent)
    """The longest time for which one of them means to hold [bars]."""
