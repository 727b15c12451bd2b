"""What a run leaves in its journal: the session's beginning, one record a bar, and its end.

All kinds of events, with those of other rooms, stand in `agents/records/events.py`.

No host and no path, and no wall clock but in what a human said and when: the same inputs give the same bytes.
"""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from agents.court.hearing import Hearing
from agents.llm.attempt import Role
from agents.strategies.vote import Vote
from config.frozen import Frozen, Journaled, UtcTime
from config.settings import Settings
from execution.account.trader import Exposure
from market.bar import Finding, Slice
from market.instrument import Instrument
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.calibration import SizingMaps
from risk.portfolio import Portfolio
from sentiment.headline import SentimentData


class Policy(Frozen):
    """A trained policy: the name of its folder, and the SHA-256 of what decides its answers, in hexadecimal digits."""

    name: str = Field(description="name of the folder of the policy")
    sha256: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of what decides its answers, in hexadecimal digits")
    ]


class Session(Journaled):
    """Everything that a run's decisions depend on, but for the bars and what models say."""

    event_kind: ClassVar[str] = "session_started"
    event_version: ClassVar[int] = 2

    format: Literal[1] = 1
    version: str
    settings: Settings
    source: str
    symbols: tuple[str, ...]
    timeframe: Timeframe
    instruments: dict[str, Instrument]
    start_utc: UtcTime
    end_utc: UtcTime
    bars: int
    key_id: str
    calibration: SizingMaps | None = None
    """What the words of voters and analysts have been worth in earlier runs, if the session was given that; sizing reads it."""
    policy: Policy | None = Field(default=None, exclude_if=lambda policy: policy is None)
    """The trained policy that adjusts sizes, if the session has one."""
    own_strategies: dict[str, str] = Field(default_factory=dict)
    """Texts of the user's strategy files, by file name: a replay runs these."""
    findings: tuple[Finding, ...]
    """What was noticed while the data was loaded."""


class Warmup(Journaled):
    """The slices before the first decision: close time in ms since the epoch, and (o, h, l, c, v) by symbol."""

    event_kind: ClassVar[str] = "warmup"

    slices: tuple[tuple[int, dict[str, tuple[float, float, float, float, float]]], ...]


class Prompts(Journaled):
    """The constant prompts of the roles: version and text. Transcripts name them by the SHA-256 of the text."""

    event_kind: ClassVar[str] = "prompts"

    roles: dict[Role, tuple[str, str]]


class ExitDecision(Frozen):
    """A position that the voters, or the kill switch, closed. Exits are not tried: they never wait for a model."""

    decision_id: str
    symbol: str
    why: str


class AskedOutlook(Frozen):
    """A market whose outlook is asked, and the news of it; the rest of its case follows from the bars. `decision_id` names it
    in its transcripts, and in the voice of a hearing that used it."""

    decision_id: str
    sentiment: SentimentData


class AskedAhead(Journaled):
    """The outlooks that are asked in the background after a bar."""

    event_kind: ClassVar[str] = "asked_ahead"

    as_of_utc: UtcTime
    asked: tuple[AskedOutlook, ...]


class CycleRecord(Journaled):
    """One bar: what was seen, what the book was, who voted, what was tried, what was closed.

    `portfolio`, `exposure` and `breakers` are as of the bar close, before the orders of this bar.
    """

    event_kind: ClassVar[str] = "cycle"

    bar: int
    as_of_utc: UtcTime
    data_hash: str
    """SHA-256 over all slices so far."""
    tape: Slice
    portfolio: Portfolio
    exposure: Exposure
    breakers: BreakerState
    votes: tuple[Vote, ...] = ()
    hearings: tuple[Hearing, ...] = ()
    exits: tuple[ExitDecision, ...] = ()


class SessionEnd(Journaled):
    """How it ended. Positions that are still open are in `portfolio`, valued at their last mark."""

    event_kind: ClassVar[str] = "session_ended"

    reason: Literal["completed", "interrupted"]
    bars: int
    data_hash: str
    starting_cash: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    portfolio: Portfolio
    breakers: BreakerState
