"""The belief of each speaker of a hearing on one scale: 0 is certainly against the trade, 1 certainly for it.

    voters           conviction, of a proposed purchase or short sale
    analyst          (1 + c) / 2 of a rise expected with conviction c, (1 - c) / 2 of a fall, 1/2 of neither; of a short sale the
                     other way round
    risk_agent       the scale that the risk agent allows
    devils_advocate  1 - strength of the counter-evidence
    supervisor       the scale that the supervisor allows

The analyst's horizons are put on the same scale, one by one, and together: (1 + a) / 2 of their alignment a, weighted by their
record (`agents.court.opinion.AnalystOpinion.alignment`).

A speaker that abstained has no belief: silence is not one half. Beliefs are convictions and not probabilities; the calibration
maps them to probabilities. What is said of short sales is a statement of its own ("voters (short)"): what words on purchases were
worth says nothing about them.
"""

from agents.court.hearing import Hearing
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, HorizonView, RiskOpinion, SupervisorOpinion
from agents.llm.attempt import ROLES
from agents.memory.outcomes import Barriers
from config.silence import Abstained
from risk.calibration import ANALYST, VOTERS, map_of
from risk.sizing import win_probability

GATE = "gate"
TOGETHER = "together"


def beliefs(hearing: Hearing) -> dict[str, float]:
    """The belief of each speaker in the trade, in [0, 1], by `VOTERS` and the names of the roles."""
    found: dict[str, float] = {}
    if hearing.case.proposal.opens:
        found[VOTERS] = hearing.case.proposal.conviction
    if isinstance(hearing.analyst, AnalystOpinion):
        found[ANALYST] = hearing.analyst.belief_in(short=hearing.case.proposal.is_short)
    if isinstance(hearing.risk_agent, RiskOpinion):
        found["risk_agent"] = hearing.risk_agent.scale_pct / 100
    if isinstance(hearing.advocate, AdvocateOpinion):
        found["devils_advocate"] = 1 - hearing.advocate.strength_pct / 100
    if isinstance(hearing.supervisor, SupervisorOpinion):
        found["supervisor"] = hearing.supervisor.scale_pct / 100
    return found


def statements(hearing: Hearing, barriers: Barriers) -> dict[str, float]:
    """The statements that are compared with outcomes, by speaker: the voters, the roles ("rules/analyst"), and the gate; those on
    a short sale under a name of their own (`risk.calibration.map_of`).

    The risk agent is left out, because it judges the portfolio and not the market. "gate" is the probability that sizing
    assumes for the voters' conviction without a calibration.
    """
    found = {
        name if name == VOTERS else f"{_speaker(hearing, name)}/{name}": belief
        for name, belief in beliefs(hearing).items()
        if name != "risk_agent"
    }
    if VOTERS in found:
        payoff = barriers.target_of(hearing.case) / barriers.stop_of(hearing.case)
        found[GATE] = win_probability(found[VOTERS], payoff, barriers.limits_of(hearing.case.terms))
    return {map_of(name, short=hearing.case.proposal.is_short): belief for name, belief in found.items()}


def horizon_statements(hearing: Hearing) -> dict[str, float]:
    """What the analyst's horizons say of the trade together, under the weights that they had in this hearing, and each alone; by
    `TOGETHER` and the names of the timeframes. Empty where no horizon was judged."""
    said, record, short = hearing.analyst, hearing.case.record, hearing.case.proposal.is_short
    if isinstance(said, Abstained):
        return {}
    together = said.alignment(record.models.horizons if record is not None and record.models is not None else None)
    found = {} if together is None else {TOGETHER: (1 + (-together if short else together)) / 2}
    judged = (view for view in said.horizons if isinstance(view, HorizonView))
    return found | {str(view.horizon): view.belief_in(short=short) for view in judged}


def _speaker(hearing: Hearing, name: str) -> str:
    return next(hearing.speaker(role) for role in ROLES if role == name)
