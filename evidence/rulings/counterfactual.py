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

from agents.court.hearing import Hearing
from agents.court.minds.neutral import neutral
from agents.court.minds.rules import RulesMind
from agents.court.ruling import Ruling, rule

RULES = "rules"
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
