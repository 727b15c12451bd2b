"""The ruling on a position that is held: it may keep, shrink or close it, and never enlarges it.

The scale is the part of what was bought that stays. Silence keeps: nothing new is risked by keeping, and the stop stays where it
is. So only a court in which all four roles have spoken, and the advocate with evidence that stands, sells anything.
"""

from agents.court.bounds import Force
from agents.court.hearing import Argued
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RebuttalOpinion, RiskOpinion, SupervisorOpinion
from agents.court.ruling import Ruling, RulingOutcome, rule
from config.silence import Abstained
from risk.proposal import Direction


def rule_held(
    analyst: AnalystOpinion | Abstained,
    risk: RiskOpinion | Abstained,
    advocate: AdvocateOpinion | Abstained,
    supervisor: SupervisorOpinion | Abstained,
    force: Force | None = None,
    rebuttal: RebuttalOpinion | Abstained | None = None,
    *,
    short: bool = False,
) -> Ruling:
    """Return what becomes of a position: approved keeps it, shrunk sells a part, rejected closes it. `force` and `rebuttal`: see
    `agents.court.ruling.rule`. `short`: of a short position."""
    why = _silence(analyst, risk, advocate, supervisor)
    if why is not None:
        return _kept(why)
    return rule(Direction.LONG, analyst, risk, advocate, supervisor, force, rebuttal, short=short)


def silence_of(heard: Argued) -> str | None:
    """Why a court has not ruled by its words: a role was silent, or the advocate brought no evidence that stands; else None."""
    return _silence(heard.analyst, heard.risk_agent, heard.advocate, heard.supervisor)


def _silence(
    analyst: AnalystOpinion | Abstained,
    risk: RiskOpinion | Abstained,
    advocate: AdvocateOpinion | Abstained,
    supervisor: SupervisorOpinion | Abstained,
) -> str | None:
    for role, word in (
        ("analyst", analyst),
        ("risk agent", risk),
        ("devil's advocate", advocate),
        ("supervisor", supervisor),
    ):
        if isinstance(word, Abstained):
            return f"the {role} abstained: {word.why}"
    if isinstance(advocate, AdvocateOpinion) and not advocate.evidence:
        return "the devil's advocate brought no evidence that stands"
    return None


def _kept(why: str) -> Ruling:
    return Ruling(outcome=RulingOutcome.APPROVED, scale=1.0, why=f"kept: {why}")
