"""A vote, and the net of many votes on one symbol."""

from pydantic import Field

from config.frozen import Frozen, absent, empty
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
    goes_short: bool = Field(default=False, exclude_if=empty)
    """Whether a vote for short is one to be short, and not only to be out: of a voter that may be, on a perpetual."""


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
    opens_short: bool | None = Field(default=None, exclude_if=absent)
    """On a perpetual, of the direction short: whether it is to be sold short, or only closed; None on spot."""
    closes_short: bool = Field(default=False, exclude_if=empty)
    """On a perpetual: whether its voters want out of a short, though no purchase."""

    @property
    def is_short(self) -> bool:
        """Whether it proposes a short sale."""
        return self.direction is Direction.SHORT and self.opens_short is True

    @property
    def opens(self) -> bool:
        """Whether it proposes a position: a purchase, or a short sale."""
        return self.direction is Direction.LONG or self.is_short

    @property
    def proposed(self) -> Direction:
        """The direction that is proposed: none, where a market that may be sold short is only to be closed."""
        return Direction.NONE if self.opens_short is False and self.direction is Direction.SHORT else self.direction

    def closes(self, *, short: bool) -> bool:
        """Whether it closes a position on this side."""
        return self.closes_short or self.direction is Direction.LONG if short else self.direction is Direction.SHORT

    def backs(self, vote: Vote) -> bool:
        """Whether a vote has the proposed side: of a short sale, who only wants out has not."""
        return is_behind(vote, short=True) if self.is_short else vote.direction is self.direction


def is_behind(vote: Vote, *, short: bool) -> bool:
    """Whether a vote is one for a purchase, or one for a short sale."""
    return vote.goes_short if short else vote.direction is Direction.LONG


def record_of(voter: str, *, short: bool) -> str:
    """The name under which the cases of a voter are counted: those of its short sales apart."""
    return f"{voter} (short)" if short else voter
