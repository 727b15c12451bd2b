"""The ruling that the court would have given if one role had been neutral.

The opinion of the role is replaced by a neutral one and the ruling is computed again. Neutral differs from silent: silence
rejects the case (law 3), a neutral opinion leaves the decision to the others.

    analyst          repeats the voters: a rise, or the fall of a short sale, with their conviction
    risk_agent       allows the full size
    devils_advocate  gives evidence of strength 0
    supervisor       allows the full size

If the rules mind was the supervisor, it weighs the changed opinions again; the other opinions stay as recorded. Where arguments
have force of their own (`court.composition`), the ruling is arithmetic whoever supervised: it is composed again without the bound
of the role, under the weights that the case holds. What a model would have said to the changed opinions is not made up: its word
stays as it was recorded, so such a figure is what the role took by itself, beside what the supervisor read into it.

In a court of models without such force, analyst and advocate act only through the supervisor, and are not attributed.
"""

from agents.court.bounds import RULES, force_of
from agents.court.hearing import Hearing
from agents.court.minds.neutral import neutral
from agents.court.minds.rules import RulesMind
from agents.court.ruling import Ruling, rule
from agents.llm.attempt import ROLES, Role

_HEARD_BY_SUPERVISOR = ("analyst", "devils_advocate")


async def ruling_without(role: Role, hearing: Hearing, rules: RulesMind) -> Ruling | None:
    """The ruling with this role neutral; None when it cannot be known without asking a model again."""
    speakers = {each: hearing.speaker(each) for each in ROLES}
    by_rules = speakers["supervisor"] == RULES
    seats = tuple(each for each in rules.court.seats if each != role)
    force = force_of(rules.court.model_copy(update={"seats": seats}), hearing.case, speakers)
    if not by_rules and role in _HEARD_BY_SUPERVISOR and force is None:
        return None
    changed = neutral(role, hearing)
    supervisor = changed.supervisor
    if by_rules and role != "supervisor":
        supervisor = await rules.supervisor(changed.case, changed.analyst, changed.risk_agent, changed.advocate)
    return rule(
        changed.case.proposal.direction,
        changed.analyst,
        changed.risk_agent,
        changed.advocate,
        supervisor,
        force,
        changed.rebuttal,
        short=changed.case.proposal.is_short,
    )
