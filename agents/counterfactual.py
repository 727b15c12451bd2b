"""What the court would have ruled had one role said nothing of weight.

The role's word is replaced by a neutral one and the ruling composed again. Neutral is not silent: silence rejects the case
(law 3), a neutral word leaves it to the others.

    analyst          repeats the voters: a rise, with their conviction
    risk_agent       lets all of it stand
    devils_advocate  brings evidence of strength 0
    supervisor       lets all of it stand

Where the rules mind spoke as supervisor, it weighs the changed words again; the other words stand as recorded. What a model
would have said to them is not known: there the analyst and the advocate, who speak through the supervisor alone, are not
attributed, and the others are.
"""

from typing import NamedTuple

from agents.case import Case
from agents.hearing import Hearing
from agents.minds.rules import RulesMind
from agents.opinion import AdvocateOpinion, AnalystOpinion, Evidence, RiskOpinion, SupervisorOpinion, nearest_percent
from agents.ruling import Ruling, rule
from risk.proposal import Direction

RULES = "rules"
_SILENT = "neutral, for the counterfactual"
_HEARD_BY_SUPERVISOR = ("analyst", "devils_advocate")


async def ruling_without(role: str, hearing: Hearing, rules: RulesMind) -> Ruling | None:
    """The ruling with that role neutral; None where it cannot be known without asking a model again."""
    by_rules = hearing.speaker("supervisor") == RULES
    if not by_rules and role in _HEARD_BY_SUPERVISOR:
        return None
    changed = neutral(role, hearing)
    supervisor = changed.supervisor
    if by_rules and role != "supervisor":
        supervisor = await rules.supervisor(changed.case, changed.analyst, changed.risk_agent, changed.advocate)
    return rule(changed.case.proposal.direction, changed.analyst, changed.risk_agent, changed.advocate, supervisor)


class NeutralWords(NamedTuple):
    """A word of each role that leaves the ruling to the others."""

    analyst: AnalystOpinion
    risk_agent: RiskOpinion
    devils_advocate: AdvocateOpinion
    supervisor: SupervisorOpinion


def neutral_words(case: Case) -> NeutralWords:
    """The neutral words on a case."""
    conviction = case.proposal.conviction
    cited = (Evidence(field="proposal.conviction", value=conviction, claim="conviction of the voters"),)
    return NeutralWords(
        analyst=AnalystOpinion(
            reasoning=_SILENT, evidence=cited, horizons=(), direction=Direction.LONG,
            conviction_pct=nearest_percent(conviction), risks=(),
            would_change_my_mind=_SILENT,
        ),
        risk_agent=RiskOpinion(reasoning=_SILENT, evidence=cited, concerns=(), scale_pct=100),
        devils_advocate=AdvocateOpinion(reasoning=_SILENT, evidence=cited, attacks=(), strength_pct=0),
        supervisor=SupervisorOpinion(reasoning=_SILENT, evidence=cited, scale_pct=100),
    )  # fmt: skip


def neutral(role: str, hearing: Hearing) -> Hearing:
    """The hearing with a neutral word of that role. Raises KeyError for a role that there is not."""
    words = neutral_words(hearing.case)._asdict()
    field = "advocate" if role == "devils_advocate" else role
    return hearing.model_copy(update={field: words[role]})
