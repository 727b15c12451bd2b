"""A past case as models are shown it: how it stood, what the court let through, and how it ended. No name, no date, no price.

A file of earlier runs keeps cases so (`tribunal calibrate --record`), and the memory of a session makes them of its own.
"""

from typing import Literal

from pydantic import Field

from config.frozen import Frozen, UtcTime, empty

Label = Literal[-1, 0, 1]


class PastCase(Frozen):
    """One closed case."""

    features: tuple[float | None, ...] = Field(
        description="the case as scale-free numbers (`agents.memory.likeness`); null where one is not known"
    )
    known_at_utc: UtcTime = Field(description="when its outcome was known: nothing reads it before")
    scale: float = Field(ge=0, le=1, description="what the court let stand [share of the size]")
    label: Label = Field(description="1: the target came first, -1: the stop, 0: neither")
    return_bps: float = Field(
        description="outcome of the trade after fees, entered or not: above 0 it won, on either side [bps]"
    )
    bars: int = Field(ge=1, description="bars until it ended [bars]")
    traits: str = Field(max_length=160, description="how it stood, in words")
    lesson: str = Field(max_length=80, description="which argument was right, in words")
    short: bool = Field(
        default=False,
        exclude_if=empty,
        description="whether it was a short sale; left out for a purchase, as in older files",
    )
