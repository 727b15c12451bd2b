"""Every case of a run in a few words: what was proposed, ruled, adjusted and decided by the gate, and how it came out.

The hearings of a long run are not all kept (see `ops.story.tally`); a case is, because it holds only what one line of
`decisions.jsonl` tells. The outcome is that of a purchase at the next open, with the stop of the gate and the first target of the
profile (`agents.memory.outcomes`), so that rejected and bought cases are measured alike. It knows only the bars that it was
shown: a case whose outcome the run did not live to see has none.
"""

from collections import deque
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.reserved.dockets import FAST
from agents.llm.attempt import ROLES
from agents.memory.outcomes import Barriers, CaseOutcome, Settler
from agents.records.record import Session
from market.bar import Slice
from risk.proposal import Direction
from risk.verdict import Verdict
from rl.adjustment import Adjustment


class Ballot(NamedTuple):
    """One vote on a case."""

    voter: str
    direction: str
    confidence: float
    weight: float


class DecidedCase(NamedTuple):
    """One case. Money and prices [quote], quantities [base]; `scale` and `adjusted` are fractions of the size; `share` and
    `held_share` of a full position, None for voters of single events and for a new position; `policy` is the opinion of the
    policy, None if there is none."""

    decision_id: str
    as_of_utc: datetime
    symbol: str
    direction: str
    conviction: float
    against: float
    price: float
    votes: tuple[Ballot, ...]
    share: float | None
    held_share: float | None
    ruling: str
    scale: float
    why: str
    speakers: dict[str, str]
    adjuster: str
    adjusted: float
    policy: Adjustment | None
    verdict: str
    binding_rule: str
    note: str
    notional: Decimal
    stop_fraction: float | None
    order_id: str | None
    quantity: Decimal | None
    at_once_id: str | None
    """The order of the share that was entered before the ruling; None where nothing was."""

    @property
    def strategies(self) -> tuple[str, ...]:
        """The voters that wanted this direction, each once, in order."""
        return tuple(sorted({vote.voter for vote in self.votes if vote.direction == self.direction}))


class Cases:
    """The cases of a run so far, and what became of them; `most`: only so many of the latest are kept (None: all)."""

    def __init__(self, session: Session, most: int | None = None) -> None:
        self._settler = Settler(Barriers.of(session))
        self._heard: deque[DecidedCase] = deque(maxlen=most)
        self._fast: dict[str, Hearing] = {}
        self._known: dict[str, CaseOutcome] = {}

    def pass_slice(self, tape: Slice) -> None:
        """Show the bars of one close, before the cases of that close are heard."""
        for outcome in self._settler.pass_slice(tape):
            self._known[outcome.decision_id] = outcome

    def enter_at_once(self, hearing: Hearing) -> None:
        """Take what was entered of a purchase whose ruling comes later, if at all."""
        if hearing.verdict.order is not None:
            whole = hearing.case.model_copy(update={"decision_id": hearing.case.decision_id.removesuffix(FAST)})
            self._fast[whole.decision_id] = hearing.model_copy(update={"case": whole})

    def entered(self, decision_id: str) -> Hearing | None:
        """What was entered of a purchase before its ruling, which is still to come; None for any other."""
        return self._fast.get(decision_id)

    def hear(self, hearing: Hearing) -> None:
        """Take a case, and follow the purchase if one was proposed."""
        self._take(hearing.case, _decided(hearing, self._fast.pop(hearing.case.decision_id, None)))

    def drop(self, decision_id: str) -> None:
        """Nothing followed from the ruling on a purchase. What was entered of it at once is a case all the same: that of the
        rules mind."""
        entered = self._fast.pop(decision_id, None)
        if entered is not None:
            self._take(entered.case, _decided(entered, entered)._replace(order_id=None, quantity=None))

    def end(self) -> None:
        """No ruling comes any more."""
        for decision_id in tuple(self._fast):
            self.drop(decision_id)

    def _take(self, case: Case, decided: DecidedCase) -> None:
        if len(self._heard) == self._heard.maxlen:
            self._known.pop(self._heard[0].decision_id, None)
        self._heard.append(decided)
        if case.proposal.direction is Direction.LONG:
            self._settler.add(case)

    @property
    def heard(self) -> tuple[DecidedCase, ...]:
        """All cases, oldest first."""
        return tuple(self._heard)

    @property
    def outcomes(self) -> dict[str, CaseOutcome]:
        """The known outcomes, by decision id."""
        return dict(self._known)


def _decided(hearing: Hearing, fast: Hearing | None) -> DecidedCase:
    case, verdict = hearing.case, hearing.verdict
    return DecidedCase(
        decision_id=case.decision_id,
        as_of_utc=case.as_of_utc,
        symbol=case.symbol,
        direction=case.proposal.direction.value,
        conviction=case.proposal.conviction,
        against=case.proposal.against,
        price=case.signals[case.base_timeframe].close,
        votes=tuple(
            Ballot(vote.voter, vote.direction.value, vote.confidence, vote.weight) for vote in case.proposal.votes
        ),
        share=case.proposal.exposure,
        held_share=case.held_share,
        ruling=hearing.ruling.outcome.value,
        scale=hearing.ruling.scale,
        why=hearing.ruling.why,
        speakers={role: hearing.speaker(role) for role in ROLES},
        adjuster=hearing.adjustment.adjuster,
        adjusted=hearing.adjustment.scale,
        policy=None if hearing.adjustment.mode is None else hearing.adjustment,
        verdict=verdict.outcome.value,
        binding_rule=verdict.binding_rule,
        note=_noted(verdict),
        notional=verdict.notional,
        stop_fraction=verdict.stop_fraction,
        order_id=None if verdict.order is None else verdict.order.order_id,
        quantity=None if verdict.order is None else verdict.order.quantity,
        at_once_id=None if fast is None or fast.verdict.order is None else fast.verdict.order.order_id,
    )


def _noted(verdict: Verdict) -> str:
    """What the binding rule noted, and whose limit it was, if not the profile's."""
    binding = next((report.note for report in verdict.rules if report.code == verdict.binding_rule), "")
    whose = "" if verdict.bound_by is None else f"limit of {verdict.bound_by}"
    return "; ".join(filter(None, (binding, whose)))
