"""From opinions to a ruling: deterministic, and it can only reduce the size.

The ruling is the smaller of the supervisor's scale and the risk officer's scale. Silence is not agreement: without an
analyst, risk officer, advocate and supervisor there is no trade (law 3). An advocate whose evidence was all struck
out has brought none and counts as silent.
"""

from enum import StrEnum

from agents.court.opinion import AdvocateOpinion, AnalystOpinion, Evidence, RiskOpinion, SupervisorOpinion
from config.frozen import Frozen
from config.silence import Abstained
from risk.proposal import Direction


class RulingOutcome(StrEnum):
    APPROVED = "approved"
    SHRUNK = "shrunk"
    REJECTED = "rejected"


class Struck(Frozen):
    """Evidence that a role cited and that does not match the case."""

    role: str
    evidence: tuple[Evidence, ...]


class Ruling(Frozen):
    """The court's ruling on the proposal: `scale` in [0, 1] of the size that the gate allows."""

    outcome: RulingOutcome
    scale: float
    why: str


def rule(
    proposed: Direction,
    analyst: AnalystOpinion | Abstained,
    risk: RiskOpinion | Abstained,
    advocate: AdvocateOpinion | Abstained,
    supervisor: SupervisorOpinion | Abstained,
) -> Ruling:
    """Return the court's ruling on a proposed direction."""
    if proposed is not Direction.LONG:
        return _rejected("nothing was proposed that opens a position")
    for role, word in (
        ("analyst", analyst),
        ("risk agent", risk),
        ("devil's advocate", advocate),
        ("supervisor", supervisor),
    ):
        if isinstance(word, Abstained):
            return _rejected(f"the {role} abstained: {word.why}")
    assert isinstance(risk, RiskOpinion)
    assert isinstance(advocate, AdvocateOpinion)
    assert isinstance(supervisor, SupervisorOpinion)
    if not advocate.evidence:
        return _rejected("the devil's advocate brought no evidence that stands: the case was not tried")
    scale = min(100, supervisor.scale_pct, risk.scale_pct) / 100
    if scale <= 0.0:
        why = supervisor.reasoning if supervisor.scale_pct <= 0 else f"the risk agent refuses: {risk.reasoning}"
        return _rejected(why)
    outcome = RulingOutcome.APPROVED if scale == 1.0 else RulingOutcome.SHRUNK
    return Ruling(outcome=outcome, scale=scale, why=supervisor.reasoning)


def _rejected(why: str) -> Ruling:
    return Ruling(outcome=RulingOutcome.REJECTED, scale=0.0, why=why)
