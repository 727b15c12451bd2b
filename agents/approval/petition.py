"""Approval: a human's yes to a position above `court.approval.above`, which the gate has already signed.

What is asked is a petition: the symbol, the notional that the gate signed, the stop, and the court's reasons in four lines. The
answer is a yes or a no with who gave it, when and why; it is journaled before the order leaves, and a replay gives it out of
the journal. Whoever cannot be asked, does not answer in time or cannot be understood has said no. Exits are never asked about.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar, NamedTuple, Protocol

from agents.court.hearing import Hearing
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion
from config.frozen import Frozen, Journaled, UtcTime
from config.silence import Abstained
from risk.verdict import Reaction, RuleReport


class Petition(Frozen):
    """What a human is shown. `notional` in quote units; `stop_fraction` below the fill, as a fraction of its price."""

    decision_id: str
    symbol: str
    as_of_utc: UtcTime
    notional: Decimal
    stop_fraction: float
    reasons: tuple[str, ...]


class Answer(NamedTuple):
    """What was said: by whom ("console", "nobody", "auto"), and why in a few words."""

    approved: bool
    who: str
    why: str


class Approval(Journaled):
    """An answer as the journal keeps it. `answered_utc` None: nobody answered, or no human was asked."""

    event_kind: ClassVar[str] = "approval"

    decision_id: str
    symbol: str
    notional: Decimal
    approved: bool
    who: str
    answered_utc: UtcTime | None
    why: str

    def report(self) -> RuleReport:
        """The answer as a rule of the verdict that it stands behind."""
        return RuleReport(
            code="approval",
            number=float(self.notional),
            limit=None,
            unit="quote",
            reaction=Reaction.PASS if self.approved else Reaction.REFUSE,
            note=f"{self.who}: {self.why}",
        )


class Approver(Protocol):
    """A channel to whoever approves: a console, a fixed answer, a journal."""

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        """The answer, at the latest after `deadline_s` seconds. May raise: that is a no."""
        ...


def answered(petition: Petition, answer: Answer, answered_utc: UtcTime | None = None) -> Approval:
    """An answer to a petition, as it is journaled."""
    return Approval(
        decision_id=petition.decision_id,
        symbol=petition.symbol,
        notional=petition.notional,
        approved=answer.approved,
        who=answer.who,
        answered_utc=answered_utc,
        why=answer.why,
    )


class Fixed:
    """Always the same answer, with no human asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        return answered(petition, self._answer)


AUTO = Fixed(Answer(True, "auto", "the profile approves without asking"))
NEVER = Fixed(Answer(False, "never", "the profile approves nothing above the limit"))
NO_TERMINAL = Fixed(Answer(False, "nobody", "there is no terminal to ask on"))


class RecordedApprover:
    """Says again what was said. What was never asked then is a no, and the comparison of events shows the difference."""

    def __init__(self, approval_of: Callable[[str], Approval | None]) -> None:
        self._approval_of = approval_of

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        said = self._approval_of(petition.decision_id)
        return said or answered(petition, Answer(False, "nobody", "the journal holds no answer"))


class ResumedApprover:
    """The journal for what was asked before a run was killed, the live channel for the rest."""

    def __init__(self, approval_of: Callable[[str], Approval | None], live: Approver) -> None:
        self._approval_of = approval_of
        self._live = live

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        return self._approval_of(petition.decision_id) or await self._live.ask(petition, deadline_s)


def petition_of(hearing: Hearing) -> Petition:
    """What is asked about a hearing whose verdict was signed."""
    verdict = hearing.verdict
    return Petition(
        decision_id=verdict.decision_id,
        symbol=verdict.symbol,
        as_of_utc=verdict.as_of_utc,
        notional=verdict.notional,
        stop_fraction=verdict.stop_fraction or 0.0,
        reasons=(
            f"analyst: {_said(hearing.analyst)}",
            f"risk agent: {_said(hearing.risk_agent)}",
            f"devil's advocate: {_said(hearing.advocate)}",
            f"ruling: {hearing.ruling.outcome} at {hearing.ruling.scale:.0%}: {hearing.ruling.why}",
        ),
    )


def _said(word: AnalystOpinion | RiskOpinion | AdvocateOpinion | Abstained) -> str:
    return f"abstained, {word.why}" if isinstance(word, Abstained) else word.reasoning
