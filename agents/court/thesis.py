"""What a review has in front of it: the thesis on which a position was opened, and what has become of it since.

It holds no price, no quantity and no profit in money: figures are fractions, so that a blinded case needs no other ones.
"""

from typing import Literal

from pydantic import Field

from config.frozen import Frozen, UtcTime, empty

Cause = Literal["schedule", "condition", "trimmed"]
"""Why a position is reviewed: its time has come, what would change the analyst's mind has come true, or its voters trimmed it."""


class Thesis(Frozen):
    """What the court said when it let a position be opened."""

    decision_id: str = Field(description="the decision that opened it")
    opened_utc: UtcTime = Field(description="the close at which it was decided")
    argued: str = Field(description="what the analyst said for it")
    attacked: str = Field(description="what the devil's advocate said against it")
    ruled: float = Field(description="the scale of the ruling [0..1]")
    why: str = Field(description="the reason of the ruling")


class ReviewView(Frozen):
    """A position under review."""

    thesis: Thesis = Field(description="on which it was opened")
    cause: Cause = Field(description="why it is reviewed")
    told: str = Field(description="the same in words")
    age_bars: int = Field(ge=0, description="time since it was decided [bars]")
    profit: float = Field(description="what it has gained since, before fees [fraction of its price then]")
    to_stop: float | None = Field(description="distance of its stop from the last price; None without one [fraction]")
    left: float = Field(ge=0, le=1, description="the part of what was bought that earlier reviews have left [fraction]")
    short: bool = Field(default=False, exclude_if=empty, description="whether it is short; left out for a long one")


FIGURES = ("age_bars", "profit", "to_stop", "left", "ruled")
"""What a role may cite of it, as `review.<figure>`."""


def figure(held: ReviewView, name: str) -> float | int | None:
    """The value of a figure. Raises KeyError for a name that is none."""
    if name not in FIGURES:
        raise KeyError(name)
    value: float | int | None = held.thesis.ruled if name == "ruled" else getattr(held, name)
    return value
