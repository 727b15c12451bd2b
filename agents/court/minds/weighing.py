"""How the rules supervisor weighs analyst and advocate by their record on the voters of the case.

An argument takes from the size what it says, times its weight (`agents.court.record`). The heavier of the two counts. The risk
officer's scale is a limit: its zero rejects whatever the others say. What is left is a step of the scale (`agents.court.bounds`).
"""

from agents.court.bounds import left
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, ScalePercent
from agents.court.record import CaseRecord


def weigh_by_record(
    record: CaseRecord,
    analyst: AnalystOpinion,
    risk: RiskOpinion,
    advocate: AdvocateOpinion,
    *,
    short: bool = False,
) -> tuple[ScalePercent, str]:
    """The scale of the size, and the reason for it. `short`: of a short sale.

    The analyst's belief, in [0, 1], keeps the whole size from 3/4 on and nothing of it at 0. The advocate's strength takes its
    own share. Each counts times its weight.
    """
    against = max(
        record.analyst_weight * max(0.0, 1.0 - analyst.belief_in(short=short) / 0.75),
        record.advocate_weight * advocate.strength_pct / 100,
    )
    earned = left(against)
    scale: ScalePercent = min(earned, risk.scale_pct)
    sides = (
        f"analyst {analyst.conviction_pct}% {analyst.direction} with weight {record.analyst_weight:.2f}, advocate "
        f"{advocate.strength_pct}% against with weight {record.advocate_weight:.2f}, risk officer allows {risk.scale_pct}%"
    )
    if scale == 0:
        return 0, f"Rejected: {sides}."
    return scale, f"{'Approved' if scale == 100 else f'Shrunk to {scale}%'}: {sides}."
