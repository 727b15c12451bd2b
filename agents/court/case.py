"""The case: everything that may be known at time t about one symbol, and the proposed trade.

The roles argue from the case and from nothing else. A citation names a field of the case by its path
("signals.1h.rsi_14") and the value of that field.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from agents.court.record import CaseRecord
from agents.court.shown.holdings import HeldView
from agents.court.shown.path import PricePath
from agents.court.shown.trade import Trade
from agents.court.thesis import ReviewView, figure
from agents.strategies.vote import NetVote
from config.frozen import Frozen, UtcTime, absent, empty
from market.context.view import MarketContext
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Terms
from sentiment.events import FLAGS
from sentiment.headline import COMPONENTS, SentimentData

FieldValue = float | int | bool | str | None


class BookView(Frozen):
    """The part of the account that the risk officer sees. Fractions are of equity; volatility is annualised."""

    equity: float
    deployed_fraction: float
    drawdown: float
    day_return: float
    var_1d: float
    es_1d: float
    held: tuple[str, ...]
    worst_correlation: float | None
    last_sigma: float | None
    losses_in_a_row: int
    breaker: str | None
    limits: dict[str, float] = Field(default_factory=dict, exclude_if=empty)
    """The limit of each figure above that has one, by its name."""
    positions: tuple[HeldView, ...] = Field(default=(), exclude_if=empty)
    """What is held, in the order of `held`; empty in a case for the rules mind alone."""


class Upcoming(Frozen):
    """The next release of the calendar and how long it is until then."""

    event: str
    """What is released: `fomc`, `cpi`."""
    in_h: float = Field(ge=0)
    """Time until then [hours]."""


class Motion(NamedTuple):
    """What the gate reads of a case. `close` and `atr_quote` are those of the base timeframe [quote]. It costs little, so what
    the court does not hear is never made a case of."""

    decision_id: str
    symbol: str
    as_of_utc: datetime
    proposal: NetVote
    close: float
    atr_quote: float | None
    record: CaseRecord | None
    held_share: float | None
    terms: Terms | None


class Case(Frozen):
    """One symbol before the court at one bar close."""

    decision_id: str
    symbol: str
    as_of_utc: UtcTime
    base_timeframe: Timeframe
    proposal: NetVote
    signals: dict[Timeframe, TechnicalSignals]
    sentiment: SentimentData
    book: BookView
    precedents: str = Field(default="", max_length=600)
    """How the most similar past cases ended, as known at this time; empty when no model reads it."""
    record: CaseRecord | None = Field(default=None, exclude_if=absent)
    """How the purchases of these voters have ended; None if the profile asks for no record."""
    held_share: float | None = Field(default=None, ge=0, le=1, exclude_if=absent)
    """Of a proposal to enlarge: the share of a full position for which the position stands that is held."""
    context: MarketContext | None = Field(default=None, exclude_if=absent)
    """What is known of the market beside its bars; None if the profile asks for none."""
    terms: Terms | None = Field(default=None, exclude_if=absent)
    """What the contexts behind the purchase ask beyond the profile; None if they ask nothing."""
    instructions: dict[str, str] | None = Field(default=None, exclude_if=absent)
    """What the profile tells models about cases of these contexts, by context; None if it tells nothing."""

    trade: Trade | None = Field(default=None, exclude_if=absent)
    """The trade, term by term; None in a case for the rules mind, and where the profile shows models no more than signals."""
    path: PricePath | None = Field(default=None, exclude_if=absent)
    """The last prices, of bars and of days; None as `trade` is."""
    macro: Upcoming | None = Field(default=None, exclude_if=absent)
    """The next release of the calendar; None as `trade` is, and where the calendar does not know it."""
    review: ReviewView | None = Field(default=None, exclude_if=absent)
    """Of a position that is held and under review: the thesis on which it was opened; None for a proposal."""

    @property
    def motion(self) -> Motion:
        """What the gate reads of it."""
        base = self.signals[self.base_timeframe]
        return Motion(
            self.decision_id,
            self.symbol,
            self.as_of_utc,
            self.proposal,
            base.close,
            base.atr_14_quote,
            self.record,
            self.held_share,
            self.terms,
        )


Section = Literal["signals", "sentiment", "book", "proposal", "context", "trade", "macro", "review"]


def lookup(case: Case, path: str) -> FieldValue:
    """Return the value of a field of the case, by its dotted path.

    Valid paths: `signals.<timeframe>.<field>`, `book.<field>`, `proposal.conviction|against|direction|exposure`,
    `sentiment.score`, `sentiment.<component>` (its score), `sentiment.flags.<flag>` (true when the flag is set),
    `context.<figure>`, `trade.<term>`, `trade.rooms.<rule>`, `book.limits.<field>`, `macro.event|in_h`, `review.<figure>`. Raises
    KeyError when the field does not exist or has no known value.
    """
    parts = path.split(".")
    match parts:
        case ["signals", timeframe, name] if timeframe in case.signals and name in TechnicalSignals.model_fields:
            value = getattr(case.signals[Timeframe(timeframe)], name)
        case ["book", name] if name in BookView.model_fields:
            value = getattr(case.book, name)
        case ["proposal", ("conviction" | "against" | "direction" | "exposure") as name]:
            value = getattr(case.proposal, name)
        case ["sentiment", "score"]:
            value = case.sentiment.score
        case ["sentiment", "flags", flag] if flag in FLAGS:
            value = flag in case.sentiment.flags
        case ["sentiment", name] if name in COMPONENTS:
            value = getattr(getattr(case.sentiment, name), "score", None)
        case ["trade", name] if name in Trade.model_fields:
            value = getattr(case.trade, name, None)
        case ["trade", "rooms", rule] if case.trade is not None:
            value = case.trade.rooms.get(rule)
        case ["book", "limits", name]:
            value = case.book.limits.get(name)
        case ["macro", name] if name in Upcoming.model_fields:
            value = getattr(case.macro, name, None)
        case ["context", name] if case.context is not None:
            value = case.context.values.get(name)
        case ["review", name] if case.review is not None:
            value = figure(case.review, name)
        case _:
            raise KeyError(path)
    if value is None or not isinstance(value, float | int | bool | str):
        raise KeyError(path)
    return value
