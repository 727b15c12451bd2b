"""The neutral opinions of an empty seat."""

from typing import NamedTuple

from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    Evidence,
    RiskOpinion,
    SupervisorOpinion,
    nearest_percent,
)
from risk.proposal import Direction

_SILENT = "neutral, for the counterfactual"


class NeutralWords(NamedTuple):
    """One neutral opinion for each role: it leaves the ruling to the other roles."""

    analyst: AnalystOpinion
    risk_agent: RiskOpinion
    devils_advocate: AdvocateOpinion
    supervisor: SupervisorOpinion


def neutral_words(case: Case, *, by_side: bool = True) -> NeutralWords:
    """Return the neutral opinions on a case: the analyst repeats the voters. Without `by_side` he says long of a short sale too,
    as before version 0.8."""
    conviction = case.proposal.conviction
    direction = Direction.SHORT if by_side and case.proposal.is_short else Direction.LONG
    cited = (Evidence(field="proposal.conviction", value=conviction, claim="conviction of the voters"),)
    return NeutralWords(
        analyst=AnalystOpinion(
            reasoning=_SILENT, evidence=cited, horizons=(), direction=direction,
            conviction_pct=nearest_percent(conviction), risks=(),
            would_change_my_mind=_SILENT,
        ),
        risk_agent=RiskOpinion(reasoning=_SILENT, evidence=cited, concerns=(), scale_pct=100),
        devils_advocate=AdvocateOpinion(reasoning=_SILENT, evidence=cited, attacks=(), strength_pct=0),
        supervisor=SupervisorOpinion(reasoning=_SILENT, evidence=cited, scale_pct=100),
    )  # fmt: skip


def neutral(role: str, hearing: Hearing) -> Hearing:
    """Return the hearing with a neutral opinion for that role. Raises KeyError for an unknown role.

    Where nobody argued or nobody attacked, there was nothing to answer either.
    """
    words = neutral_words(hearing.case)._asdict()
    field = "advocate" if role == "devils_advocate" else role
    answered = {"rebuttal": None} if role in ("analyst", "devils_advocate") else {}
    return hearing.model_copy(update={field: words[role], **answered})
