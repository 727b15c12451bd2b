"""The decisions of a session as an index that can be searched: what was proposed, ruled, cut by which rule, and what came of it.

Only the latest are kept, so that a session of years does not fill the memory; the journal holds them all, and `tribunal show RUN
DECISION` prints any of them.
"""

from collections.abc import Iterator, MutableMapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from agents.court.reserved.dockets import FAST
from agents.memory.outcomes import CaseOutcome
from agents.records.record import CycleRecord, Session
from agents.shadow.heard import ShadowHeard
from config.frozen import Frozen, UtcTime
from ops.story.cases import Cases, DecidedCase
from ops.story.held.reviews import CourtReview
from ops.story.tally import RoundTrip

MOST_DECISIONS = 20_000
MOST_A_PAGE = 200


class Decision(Frozen):
    """One decision in a line. Money [quote]."""

    decision_id: str = Field(description="its id")
    kind: Literal["proposal", "review"] = Field(description="a proposal, or a held position that was heard again")
    as_of_utc: UtcTime = Field(description="the bar close at which it was heard")
    event: int = Field(description="number of the journal's event that holds it")
    symbol: str = Field(description="its market")
    direction: str = Field(description="what was proposed: long, short or flat; of a review, what became of it")
    voters: tuple[str, ...] = Field(description="who wanted it")
    conviction: float | None = Field(description="of the net vote [0..1]; null for a review")
    ruling: str = Field(description="approved, shrunk or rejected")
    scale: float = Field(description="what the court left of the size [fraction]")
    why: str = Field(description="reason of the ruling")
    verdict: str = Field(description="signed or refused; empty for a review")
    rule: str = Field(description="the rule of the gate that bound it; empty for a review")
    notional: Decimal = Field(description="size of the order [quote]")
    pnl: Decimal | None = Field(description="of its trade after fees, once that is closed [quote]")
    outcome: Literal["target", "stop", "neither"] | None = Field(
        description="what a purchase of this case would have met first, whether or not it was made; null while unknown"
    )
    outcome_bps: float | None = Field(description="what such a purchase would have made after fees [bps]")
    shadow: float | None = Field(
        default=None,
        description="what the shadow court would have left of the size [fraction]; null where it said nothing",
    )


class Page(Frozen):
    """One page of decisions, the newest first."""

    found: int = Field(description="decisions that match")
    kept: int = Field(description="decisions that are in the index")
    before: int = Field(description="older decisions that are no longer in it")
    offset: int = Field(description="matches before this page")
    decisions: tuple[Decision, ...]


class Decisions:
    """The index. `most`: how many decisions it keeps."""

    def __init__(self, session: Session, most: int = MOST_DECISIONS) -> None:
        self._cases = Cases(session, most)
        self._most = most
        self._reviews: dict[str, CourtReview] = {}
        self._events: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._pnl: dict[str, Decimal] = {}
        self._shadow: dict[str, tuple[float, int]] = {}
        self._taken = 0

    def take(self, record: CycleRecord, event: int) -> None:
        """Take the decisions of one bar; `event`: the number of its record in the journal."""
        self._cases.pass_slice(record.tape)
        for hearing in record.fast:
            self._cases.enter_at_once(hearing)
            self.begin(hearing.case.decision_id, event)
            self._place(hearing.case.decision_id.removesuffix(FAST), event)
        for gone in record.dropped:
            self._cases.drop(gone.decision_id)
        for review in record.reviews:
            self._place(review.case.decision_id, event)
            self._reviews[review.case.decision_id] = CourtReview.of(review)
            _shorten(self._reviews, self._most)
        for heard in record.hearings:
            self._place(heard.case.decision_id, event)
            self._cases.hear(heard)

    def end(self) -> None:
        """The session has ended: a purchase that was entered at once, and whose ruling never came, is a decision of its own."""
        self._cases.end()

    def close(self, trip: RoundTrip) -> None:
        """Take a closed trade: the decision that opened it is told what it made."""
        self._pnl[trip.decision_id] = trip.trade.pnl
        _shorten(self._pnl, self._most)

    def overrule(self, aside: ShadowHeard, event: int) -> None:
        """Take what the shadow court would have ruled, which may come after the record; `event`: its number in the journal."""
        for word in aside.words:
            self.begin(word.decision_id, event)
            self._shadow[word.decision_id] = (word.ruling.scale, event)
        _shorten(self._shadow, self._most)

    def begin(self, decision_id: str, event: int) -> None:
        """Take that something was said or asked of a decision before its record."""
        self._first.setdefault(decision_id.removesuffix(FAST), event)
        _shorten(self._first, 2 * self._most)

    def events_of(self, decision_id: str) -> tuple[int, int] | None:
        """The numbers of the first event about a decision and of its record, or of what the shadow court said later; None for one
        that is not in the index."""
        last = self._events.get(decision_id)
        if last is None:
            return None
        _, aside = self._shadow.get(decision_id, (0.0, 0))
        return min(self._first.get(decision_id, last), last), max(last, aside)

    def has_closed(self, decision_id: str) -> bool:
        """Whether the trade that a decision opened is closed."""
        return decision_id in self._pnl

    def outcome_of(self, decision_id: str) -> CaseOutcome | None:
        """What became of a purchase of this case; None while it is not known."""
        return self._cases.outcomes.get(decision_id)

    def page(self, words: str = "", offset: int = 0, limit: int = 50) -> Page:
        """The decisions that hold every one of some words (market, voter, ruling, rule, outcome, day), the newest first.

        Raises ValueError for a negative offset, or a limit that is not between 1 and 200.
        """
        if offset < 0 or not 1 <= limit <= MOST_A_PAGE:
            raise ValueError(f"offset must be 0 or more and limit 1 to {MOST_A_PAGE}, got {offset} and {limit}")
        wanted = words.lower().split()
        found, shown = 0, list[Decision]()
        for decision in self._newest_first():
            if wanted and not _matches(decision, wanted):
                continue
            if offset <= found < offset + limit:
                shown.append(decision)
            found += 1
        kept = len(self._cases.heard) + len(self._reviews)
        return Page(found=found, kept=kept, before=max(0, self._taken - kept), offset=offset, decisions=tuple(shown))

    def one(self, decision_id: str) -> Decision | None:
        """The decision of this id; None for one that is not in the index."""
        return next((each for each in self._newest_first() if each.decision_id == decision_id), None)

    def all(self) -> tuple[Decision, ...]:
        """All decisions of the index, the newest first."""
        return tuple(self._newest_first())

    def _place(self, decision_id: str, event: int) -> None:
        self._taken += decision_id not in self._events
        self._events[decision_id] = event
        _shorten(self._events, 2 * self._most)

    def _newest_first(self) -> Iterator[Decision]:
        outcomes = self._cases.outcomes
        reviews = [self._reviewed(review) for review in self._reviews.values()]
        for case in reversed(self._cases.heard):
            while reviews and reviews[-1].as_of_utc > case.as_of_utc:
                yield reviews.pop()
            known = outcomes.get(case.decision_id)
            yield self._decided(case, None if known is None else (known.label, known.return_bps))
        yield from reversed(reviews)

    def _decided(self, case: DecidedCase, known: tuple[int, float] | None) -> Decision:
        ends: dict[int, Literal["target", "stop", "neither"]] = {1: "target", -1: "stop", 0: "neither"}
        return Decision.of_ours(
            decision_id=case.decision_id,
            kind="proposal",
            as_of_utc=case.as_of_utc,
            event=self._events.get(case.decision_id, 0),
            symbol=case.symbol,
            direction=case.direction,
            voters=case.strategies,
            conviction=case.conviction,
            ruling=case.ruling,
            scale=case.scale,
            why=case.why,
            verdict=case.verdict,
            rule=case.binding_rule,
            notional=case.notional,
            pnl=self._pnl.get(case.decision_id),
            outcome=None if known is None else ends[known[0]],
            outcome_bps=None if known is None else known[1],
            shadow=self._shadow.get(case.decision_id, (None, 0))[0],
        )

    def _reviewed(self, review: CourtReview) -> Decision:
        return Decision.of_ours(
            decision_id=review.decision_id,
            kind="review",
            as_of_utc=review.as_of_utc,
            event=self._events.get(review.decision_id, 0),
            symbol=review.symbol,
            direction=review.became,
            voters=(),
            conviction=None,
            ruling=review.became,
            scale=review.stays,
            why=review.why,
            verdict="",
            rule="",
            notional=Decimal(0),
            pnl=None,
            outcome=None,
            outcome_bps=None,
            shadow=None,
        )


def _matches(decision: Decision, wanted: list[str]) -> bool:
    text = " ".join(
        (
            decision.decision_id, decision.kind, decision.symbol, decision.direction, *decision.voters, decision.ruling,
            decision.verdict, decision.rule, decision.outcome or "", f"{decision.as_of_utc:%Y-%m-%d}",
            "" if decision.pnl is None else "won" if decision.pnl > 0 else "lost",
        )
    ).lower()  # fmt: skip
    return all(word in text for word in wanted)


def _shorten(kept: MutableMapping[str, Any], most: int) -> None:
    while len(kept) > most:
        del kept[next(iter(kept))]
