"""From opinions to a ruling: deterministic, and it can only reduce the size.

The ruling is the smaller of the supervisor's scale and the risk officer's scale; where the arguments of models have force
(`agents.court.bounds`), it is also at most what they leave. So a supervisor, with evidence or without, can only go below what
the others allow. Silence is not agreement: without an analyst, risk officer, advocate and supervisor there is no trade (law 3).
An advocate whose evidence was all struck out has brought none and counts as silent. An answer to the attack never raises a
ruling, and one that was asked for and did not come changes none.
"""

from pydantic import Field

from agents.court.bounds import Bound, Force, bounds_of
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    Evidence,
    RebuttalOpinion,
    RiskOpinion,
    SupervisorOpinion,
)
from config.frozen import Frozen, Word, empty
from config.silence import Abstained
from risk.proposal import Direction


class RulingOutcome(Word):
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
    bounds: tuple[Bound, ...] = Field(default=(), exclude_if=empty)
    """What each argument with force of its own left of the size."""


def rule(
    proposed: Direction,
    analyst: AnalystOpinion | Abstained,
    risk: RiskOpinion | Abstained,
    advocate: AdvocateOpinion | Abstained,
    supervisor: SupervisorOpinion | Abstained,
    force: Force | None = None,
    rebuttal: RebuttalOpinion | Abstained | None = None,
    *,
    short: bool = False,
) -> Ruling:
    """Return the court's ruling on a proposed direction. `force`: what the arguments weigh by themselves; None for nothing.
    `short`: whether it is a short sale, which opens a position."""
    if proposed is not Direction.LONG and not short:
        return _rejected("nothing was proposed that opens a position")
    for role, word in (
        ("analyst", analyst),
        ("risk agent", risk),
        ("devil's advocate", advocate),
        ("supervisor", supervisor),
    ):
        if isinstance(word, Abstained):
            return _rejected(f"the {role} abstained: {word.why}")
    assert isinstance(analyst, AnalystOpinion)
    assert isinstance(risk, RiskOpinion)
    assert isinstance(advocate, AdvocateOpinion)
    assert isinstance(supervisor, SupervisorOpinion)
    if not advocate.evidence:
        return _rejected("the devil's advocate brought no evidence that stands: the case was not tried")
    bounds = () if force is None else bounds_of(force, analyst, advocate, rebuttal, short=short)
    granted = min(100, supervisor.scale_pct, risk.scale_pct)
    tightest = min(bounds, key=lambda bound: bound.most_pct, default=None)
    if tightest is not None and tightest.most_pct < granted:
        return _bounded(tightest, bounds)
    scale = granted / 100
    if scale <= 0.0:
        why = supervisor.reasoning if supervisor.scale_pct <= 0 else f"the risk agent refuses: {risk.reasoning}"
        return _rejected(why, bounds)
    outcome = RulingOutcome.APPROVED if scale == 1.0 else RulingOutcome.SHRUNK
    return Ruling(outcome=outcome, scale=scale, why=supervisor.reasoning, bounds=bounds)


def _bounded(tightest: Bound, bounds: tuple[Bound, ...]) -> Ruling:
    """The ruling where an argument leaves less than supervisor and risk agent."""
    if tightest.most_pct <= 0:
        return _rejected(tightest.why, bounds)
    why = f"At most {tightest.most_pct}%: {tightest.why}."
    return Ruling(outcome=RulingOutcome.SHRUNK, scale=tightest.most_pct / 100, why=why, bounds=bounds)


def _rejected(why: str, bounds: tuple[Bound, ...] = ()) -> Ruling:
    return Ruling(outcome=RulingOutcome.REJECTED, scale=0.0, why=why, bounds=bounds)
