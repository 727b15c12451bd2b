"""Events of a session in its journal: its start, one record per bar, and its end.

`agents/records/events.py` lists all kinds of events, also those that other packages define.

Events hold no host name and no path. The only wall-clock times are those of human answers. So the same inputs give the same
bytes.
"""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from agents.court.hearing import Hearing, Review
from agents.court.prompts.prompt import Part
from agents.court.record import Learnt
from agents.court.shown.past import PastCase
from agents.llm.attempt import Role
from agents.records.account import Standing
from agents.shadow.seat import ShadowSeat
from agents.strategies.vote import Vote
from config.frozen import Frozen, Journaled, UtcTime, absent, empty
from config.settings import Settings
from execution.account.trader import Exposure
from market.bar import Finding, Prices, Slice
from market.instrument import Instrument
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.calibration import SizingMaps
from risk.portfolio import Portfolio
from rl.adjustment import Adjustment
from rl.serving.promise import Promise
from sentiment.headline import SentimentData


class Policy(Frozen):
    """A trained policy: its name, the SHA-256 of what decides its answers, and what its verdict says, if it has one."""

    name: str = Field(description="name of the policy")
    sha256: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of what decides its answers, in hexadecimal digits")
    ]
    passed: bool | None = Field(
        default=None,
        exclude_if=lambda passed: passed is None,
        description="whether it has met the criterion that lets it change sizes; absent without a verdict",
    )
    promise: Promise | None = Field(
        default=None,
        exclude_if=lambda promise: promise is None,
        description="what its account may be expected to do, by its verdict",
    )


class AccountAt(Frozen):
    """The account at a real exchange that a session trades on."""

    exchange: str = Field(description="CCXT's name of the exchange")
    network: Literal["testnet", "live"] = Field(description="play money or real money")
    run: str = Field(description="what the client ids of this session's orders are computed from")


class ExchangeAt(Frozen):
    """One of several exchanges that a session trades on."""

    instruments: dict[str, Instrument] = Field(description="its own trading rules and fees, by market")
    account: AccountAt | None = Field(
        default=None, exclude_if=absent, description="the account there, if orders leave this program"
    )


class KnownRecord(Frozen):
    """What earlier runs have taught, out of a file (`--record`): its SHA-256, and when its last case had closed."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, in hexadecimal digits")]
    known_until_utc: UtcTime = Field(description="end of the latest run that it comes from")
    learnt: Learnt = Field(description="what the cases of those runs have taught")


class KnownCases(Frozen):
    """Closed cases of earlier runs, out of a file (`court.memory`): its SHA-256, and when the last run in it had ended."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, in hexadecimal digits")]
    known_until_utc: UtcTime = Field(description="end of the latest run that it comes from")
    cases: tuple[PastCase, ...] = Field(description="the cases, oldest first: a replay needs no file")


class Session(Journaled):
    """Everything that a run's decisions depend on, except the bars and the models' answers."""

    event_kind: ClassVar[str] = "session_started"
    event_version: ClassVar[int] = 9

    format: Literal[1] = 1
    version: str
    settings: Settings
    source: str
    symbols: tuple[str, ...]
    timeframe: Timeframe
    instruments: dict[str, Instrument]
    start_utc: UtcTime
    end_utc: UtcTime | None
    bars: int | None
    key_id: str
    calibration: SizingMaps | None = None
    """How often convictions of voters and analysts came true in earlier runs, if a calibration was given. Sizing uses it."""
    policy: Policy | None = Field(default=None, exclude_if=absent)
    """The trained policy that adjusts sizes, if the session has one."""
    record: KnownRecord | None = Field(default=None, exclude_if=absent)
    """What earlier runs have taught of the voters, if a file was given. Court and sizing begin with it."""
    memory: KnownCases | None = Field(default=None, exclude_if=absent)
    """Cases of earlier runs, if a file was given. Models are shown the near ones."""
    shadow: ShadowSeat | None = Field(default=None, exclude_if=absent)
    """The court that hears the same cases aside, if the profile names one."""
    account: AccountAt | None = Field(default=None, exclude_if=absent)
    """The account at a real exchange, if orders leave this program."""
    standing: Standing | None = Field(default=None, exclude_if=absent)
    """How that account stands at the start; absent in journals from before accounts lived beyond a session."""
    exchanges: dict[str, ExchangeAt] = Field(default_factory=dict, exclude_if=empty)
    """The exchanges of a session on several, by name and in the profile's order. `instruments` are then the rules that an order
    must keep so that each of them takes it, and `account` is that at the first."""
    voters: dict[str, str] = Field(default_factory=dict, exclude_if=empty)
    """SHA-256 of the text and the parameters of each voter, by name, for a session on the clock: its closed trades are a record
    of exactly this voter."""
    feed_url: str | None = Field(default=None, exclude_if=absent)
    """Another address than the exchange's own that told the bars, if one was given."""
    own_strategies: dict[str, str] = Field(default_factory=dict)
    """Source text of the user's strategy files, by file name. A replay runs this text."""
    own_prompts: dict[Part, str] = Field(default_factory=dict, exclude_if=empty)
    """The user's own prompts (`minds.prompts`), by part. A replay asks with this text."""
    findings: tuple[Finding, ...]
    """Problems that were found while the data was loaded."""


class Warmup(Journaled):
    """The slices before the first decision: close time in ms since the epoch, and (o, h, l, c, v) by symbol.

    `days` are daily bars that closed before the first slice, in the same form.
    """

    event_kind: ClassVar[str] = "warmup"
    event_version: ClassVar[int] = 2

    slices: tuple[tuple[int, dict[str, Prices]], ...]
    days: tuple[tuple[int, dict[str, Prices]], ...] = Field(default=(), exclude_if=empty)


class Prompts(Journaled):
    """The constant prompts of the roles: version and text. Transcripts name them by the SHA-256 of the text."""

    event_kind: ClassVar[str] = "prompts"
    event_version: ClassVar[int] = 2

    roles: dict[Role, tuple[str, str]]
    rebuttal: tuple[str, str] | None = Field(default=None, exclude_if=absent)
    """The prompt with which the analyst is asked to answer an attack; absent if he never is."""


class ExitDecision(Frozen):
    """A position that the voters or the kill switch closed, or that the voters trimmed. The court does not hear exits: they never
    wait for a model."""

    decision_id: str
    symbol: str
    why: str
    kept_share: float | None = Field(default=None, exclude_if=absent)
    """Of a position that was trimmed: the share of a full position that is kept; None if all of it was closed."""


class Unheard(Frozen):
    """A proposal that was no case: its first target does not pay for the trade (`court.cost_edge`), or the gate would have signed
    nothing of it, even left whole (`court.hears: signable`)."""

    decision_id: str = Field(description="name of the decision that was not made")
    symbol: str = Field(description="the market")
    rule: str = Field(description="`cost_edge`, or the rule of the gate that leaves nothing")
    why: str = Field(description="what that rule says")


class ShareReview(Journaled):
    """What the policy left of the share that voters want of a position that is held. It never wants more than they do."""

    event_kind: ClassVar[str] = "share_review"
    event_version: ClassVar[int] = 2

    as_of_utc: UtcTime
    symbol: str
    held: float
    """The share for which the position stands."""
    wanted: float
    """The share that the voters want."""
    adjustment: Adjustment


class AskedOutlook(Frozen):
    """A market whose outlook is asked, and its news; the rest of its case follows from the bars. Transcripts name it by its
    `decision_id`, and so does the voice of a hearing that used it."""

    decision_id: str
    sentiment: SentimentData


class AskedAhead(Journaled):
    """The outlooks that are asked in the background after a bar."""

    event_kind: ClassVar[str] = "asked_ahead"
    event_version: ClassVar[int] = 2

    as_of_utc: UtcTime
    asked: tuple[AskedOutlook, ...]


class RulingReserved(Journaled):
    """Cases that are before the court, whose ruling comes later, with the news that they read; the rest of them follows from the
    bars."""

    event_kind: ClassVar[str] = "ruling_reserved"

    as_of_utc: UtcTime
    asked: tuple[AskedOutlook, ...] = Field(description="the cases, by decision, with their news")


class RulingArrived(Journaled):
    """The ruling on cases that were before the court is there."""

    event_kind: ClassVar[str] = "ruling_arrived"

    at_utc: UtcTime = Field(description="the moment as of which the gate judges what follows from it")
    heard_utc: UtcTime = Field(description="the close at which the cases were heard")
    decisions: tuple[str, ...] = Field(description="the cases, by decision")


class Dropped(Frozen):
    """A purchase that was argued, and of whose ruling nothing follows: by its time it was not wanted any more."""

    decision_id: str = Field(description="the decision that was not made")
    symbol: str = Field(description="the market")
    why: str = Field(description="what had changed")


class CycleRecord(Journaled):
    """One bar: the bars that were seen, the book, the votes, the hearings and the exits.

    `portfolio`, `exposure` and `breakers` are as of the bar close, before the orders of this bar.
    """

    event_kind: ClassVar[str] = "cycle"
    event_version: ClassVar[int] = 7

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
    sentiment: dict[str, SentimentData] = Field(default_factory=dict, exclude_if=empty)
    """What voters read of the news at this bar, by symbol."""
    unheard: tuple[Unheard, ...] = Field(default=(), exclude_if=empty, description="proposals that were no case")
    reviews: tuple[Review, ...] = Field(
        default=(), exclude_if=empty, description="held positions that the court has reviewed"
    )
    dropped: tuple[Dropped, ...] = Field(
        default=(), exclude_if=empty, description="purchases whose ruling came when they were not wanted any more"
    )
    fast: tuple[Hearing, ...] = Field(
        default=(),
        exclude_if=empty,
        description="what the rules mind let be entered at once (`court.fast_share`) of purchases that are before models: each "
        "decision is theirs, with `-fast` at its end",
    )


class SessionEnd(Journaled):
    """The end of a session. Positions that are still open are in `portfolio`, valued at their last mark."""

    event_kind: ClassVar[str] = "session_ended"
    event_version: ClassVar[int] = 5

    reason: Literal["completed", "interrupted"]
    bars: int
    data_hash: str
    starting_cash: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    fees_in: dict[str, Decimal] = Field(default_factory=dict, exclude_if=empty)
    """Fees that were paid in a third coin, in units of that coin; they are not part of `fees`."""
    dust: dict[str, Decimal] = Field(default_factory=dict, exclude_if=empty)
    """What is held and too small to sell, base units by market; it is no position."""
    portfolio: Portfolio
    breakers: BreakerState
    learnt: Learnt | None = Field(default=None, exclude_if=absent)
    """What the closed cases of this session have taught of its voters; None if the profile asks for no record."""
