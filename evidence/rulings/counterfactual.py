"""The ruling that the court would have given if one role had been neutral.

The opinion of the role is replaced by a neutral one and the ruling is computed again. Neutral differs from silent: silence
rejects the case (law 3), a neutral opinion leaves the decision to the others.

    analyst          repeats the voters: a rise, with their conviction
    risk_agent       allows the full size
    devils_advocate  gives evidence of strength 0
    supervisor       allows the full size

If the rules mind was the supervisor, it weighs the changed opinions again; the other opinions stay as recorded. The answer of a
model to the changed opinions is not known. With a model as supervisor, the analyst and the advocate, who act only through the
supervisor, are therefore not attributed; the other roles are.
"""

from agents.court.hearing import Hearing
from agents.court.minds.neutral import neutral
from agents.court.minds.rules import RulesMind
from agents.court.ruling import Ruling, rule

RULES = "rules"
_HEARD_BY_SUPERVISOR = ("analyst", "devils_advocate")


async def ruling_without(role: str, hearing: Hearing, rules: RulesMind) -> Ruling | None:
    """The ruling with this role neutral; None when it cannot be known without asking a model again."""
    by_rules = hearing.speaker("supervisor") == RULES
    if not by_rules and role in _HEARD_BY_SUPERVISOR:
        return None
    changed = neutral(role, hearing)
    supervisor = changed.supervisor
    if by_rules and role != "supervisor":
        supervisor = await rules.supervisor(changed.case, changed.analyst, changed.risk_agent, changed.advocate)
    return rule(changed.case.proposal.direction, changed.analyst, changed.risk_agent, changed.advocate, supervisor)
