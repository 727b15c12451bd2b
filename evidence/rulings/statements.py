"""What each speaker of a hearing believed, brought onto one scale: 0 surely against the purchase, 1 surely for it.

    voters           conviction, of a proposed purchase
    analyst          (1 + c) / 2 of a rise expected with conviction c, (1 - c) / 2 of a fall, 1/2 of neither
    risk_agent       the scale that he lets stand
    devils_advocate  1 - strength of the counter-evidence
    supervisor       the scale that he lets stand

Whoever abstained states nothing: silence is not one half. These are convictions and were never promised to be
probabilities; calibration says what they have been worth.
"""

from agents.court.hearing import Hearing
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.llm.attempt import ROLES
from agents.memory.outcomes import Barriers
from risk.calibration import ANALYST, VOTERS
from risk.proposal import Direction
from risk.sizing import win_probability

GATE = "gate"


def beliefs(hearing: Hearing) -> dict[str, float]:
    """What each that spoke believed of the purchase, in [0, 1], by `VOTERS` and the names of the roles."""
    found: dict[str, float] = {}
    if hearing.case.proposal.direction is Direction.LONG:
        found[VOTERS] = hearing.case.proposal.conviction
    if isinstance(hearing.analyst, AnalystOpinion):
        found[ANALYST] = hearing.analyst.belief
    if isinstance(hearing.risk_agent, RiskOpinion):
        found["risk_agent"] = hearing.risk_agent.scale_pct / 100
    if isinstance(hearing.advocate, AdvocateOpinion):
        found["devils_advocate"] = 1 - hearing.advocate.strength_pct / 100
    if isinstance(hearing.supervisor, SupervisorOpinion):
        found["supervisor"] = hearing.supervisor.scale_pct / 100
    return found


def statements(hearing: Hearing, barriers: Barriers) -> dict[str, float]:
    """What is held against outcomes, by speaker: the voters, the roles by who spoke ("rules/analyst"), and the gate.

    The risk officer judges the book and not the market, so he is left out. "gate" is the probability that sizing grants to
    the voters' conviction without any calibration.
    """
    found = {
        name if name == VOTERS else f"{_speaker(hearing, name)}/{name}": belief
        for name, belief in beliefs(hearing).items()
        if name != "risk_agent"
    }
    if VOTERS in found:
        payoff = barriers.exits.take_profit_fraction / barriers.stop_of(hearing.case)
        found[GATE] = win_probability(found[VOTERS], payoff, barriers.limits)
    return found


def _speaker(hearing: Hearing, name: str) -> str:
    return next(hearing.speaker(role) for role in ROLES if role == name)
