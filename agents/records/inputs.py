"""Events of a session on the clock: what reached it from outside, written before anything follows from it.

A recorded or simulated tape can be read again. What a live exchange and live news told at a moment cannot: so it is journaled
when it arrives, and a replay, or a run that is resumed in the middle of a bar, finds it here.
"""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from agents.records.steered import Steered
from config.frozen import Journaled, UtcTime, empty
from market.bar import Slice
from sentiment.headline import SentimentData


class Arrived(Journaled):
    """The bars of one close, and the news, when they arrived. The record of the bar, which follows, holds the same bars."""

    event_kind: ClassVar[str] = "arrived"
    event_version: ClassVar[int] = 2

    at_utc: UtcTime
    """The exchange's time at which all of it was known."""
    tape: Slice
    """The bars, as the record of the bar holds them."""
    sentiment: dict[str, SentimentData] = Field(default_factory=dict, exclude_if=empty)
    """What all sources had told by then, by symbol; absent where the profile names no source."""


class Beat(Journaled):
    """Between two bars the kill switch has changed or has not been obeyed in full, or an entry takes its next step: the
    session looks at it now."""

    event_kind: ClassVar[str] = "beat"
    event_version: ClassVar[int] = 2

    at_utc: UtcTime
    """The time of the exchange, or of the last bar if bars are overdue."""
    prices: dict[str, tuple[float, float]] = Field(default_factory=dict, exclude_if=empty)
    """What the exchange told of markets in which something is held: the last price [quote], and the volume of a bar [base]."""
    touch: dict[str, tuple[Decimal, Decimal]] = Field(default_factory=dict, exclude_if=empty)
    """The best bid and ask of markets in which an entry is bought piece by piece [quote]."""


class StopAsked(Journaled):
    """The user has asked the session to end. What follows is its ending, which a resumed run takes back."""

    event_kind: ClassVar[str] = "stop_asked"

    at_utc: UtcTime
    """The time of the exchange."""


class RaiseAsked(Journaled):
    """A human has raised the ramp of real money. It rises at this time, if it can by then."""

    event_kind: ClassVar[str] = "raise_asked"

    at_utc: UtcTime
    """The time of the exchange."""
    who: str
    why: str


class Ruled(Journaled):
    """The court, which sits beside the bars, has ruled on cases that were before it."""

    event_kind: ClassVar[str] = "ruled"

    at_utc: UtcTime = Field(description="the exchange's time, as of which the gate judges what follows from it")
    heard_utc: UtcTime = Field(description="the close at which the cases were heard")
    decisions: tuple[str, ...] = Field(description="the cases, by decision")
    prices: dict[str, tuple[float, float]] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="what the exchange told of their markets, where it is simulated: the last price [quote], and the volume of a "
        "bar [base]",
    )


Between = Beat | StopAsked | RaiseAsked | Ruled | Steered
"""What reaches a session between two bars; but for `Steered`, only one on the clock."""
