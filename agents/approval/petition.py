"""Approval: a human's answer about a position above `court.approval.above` that the gate has signed.

A petition shows the symbol, the notional that the gate signed, the stop distance and the court's reasons in four
lines. The answer is yes or no, with who gave it, when and why. It is journaled before the order is sent, and a replay
reads it from the journal. An approver that cannot be asked, does not answer in time or gives an unclear answer has
refused. Exits never need approval.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from agents.court.hearing import Hearing
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion
from config.frozen import Frozen, Journaled, UtcTime
from config.silence import Abstained
from risk.verdict import Reaction, RuleReport


class Petition(Frozen):
    """The question that a human sees. `notional` [quote]; `stop_fraction`: stop distance below the fill [fraction of
    the price].
    """

    decision_id: str
    symbol: str
    as_of_utc: UtcTime
    notional: Decimal
    stop_fraction: float
    reasons: tuple[str, ...]


class Answer(NamedTuple):
    """The decision, who made it ("console", "nobody", "auto", or a surface and a name there: "chat: ada"), and a short reason."""

    approved: bool
    who: str
    why: str


class Approval(Journaled):
    """An answer as the journal stores it. `answered_utc` is None when nobody answered or no human was asked."""

    event_kind: ClassVar[str] = "approval"

    decision_id: str
    symbol: str
    notional: Decimal
    approved: bool
    who: str
    answered_utc: UtcTime | None
    why: str

    def report(self) -> RuleReport:
        """Return the answer as a rule report for the verdict that it approves or refuses."""
        return RuleReport(
            code="approval",
            number=float(self.notional),
            limit=None,
            unit="quote",
            reaction=Reaction.PASS if self.approved else Reaction.REFUSE,
            note=f"{self.who}: {self.why}",
        )


class Approver(Protocol):
    """A channel to the person or rule that approves: a console, a fixed answer, or a journal."""

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        """Return the answer after at most `deadline_s` seconds. It may raise an error; that counts as a no."""
        ...


@runtime_checkable
class Petitioned(Protocol):
    """Is told when a human is asked, and how long is waited for the answer [s]."""

    def petition(self, asked: Petition, deadline_s: float) -> None: ...


Asked = Callable[[Petition, float], None]


def tell_nobody(asked: Petition, deadline_s: float) -> None:
    """Nobody is told that a human is asked."""


def teller_of(listeners: Sequence[object]) -> Asked:
    """What tells those of some listeners that want to know when a human is asked."""
    told = [each for each in listeners if isinstance(each, Petitioned)]

    def tell(asked: Petition, deadline_s: float) -> None:
        for each in told:
            each.petition(asked, deadline_s)

    return tell


def answered(petition: Petition, answer: Answer, answered_utc: UtcTime | None = None) -> Approval:
    """Return the answer to a petition in the form that is journaled."""
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
    """Always gives the same answer, without asking a human."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        return answered(petition, self._answer)


AUTO = Fixed(Answer(True, "auto", "the profile approves without asking"))
NEVER = Fixed(Answer(False, "never", "the profile approves nothing above the limit"))
NOBODY_THERE = Fixed(Answer(False, "nobody", "there is no terminal, page or chat to ask on"))
NO_TERMINAL = Fixed(Answer(False, "nobody", "there is no terminal to ask on"))


class RecordedApprover:
    """Repeats recorded answers. A petition that was never recorded is refused, and the comparison of events then
    shows the difference.
    """

    def __init__(self, approval_of: Callable[[str], Approval | None]) -> None:
        self._approval_of = approval_of

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        said = self._approval_of(petition.decision_id)
        return said or answered(petition, Answer(False, "nobody", "the journal holds no answer"))


class ResumedApprover:
    """Uses the journal for petitions from before the run was killed, and the live channel for later ones."""

    def __init__(self, approval_of: Callable[[str], Approval | None], live: Approver) -> None:
        self._approval_of = approval_of
        self._live = live

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        return self._approval_of(petition.decision_id) or await self._live.ask(petition, deadline_s)


def petition_of(hearing: Hearing) -> Petition:
    """Return the petition for a hearing whose verdict was signed."""
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
