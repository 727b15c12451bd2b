"""A court that hears cases aside: the same roles, deadlines and budgets as in a session. Policy and gate are not asked."""

from collections.abc import Callable, Mapping

from agents.court.graph import Bench, Court
from agents.court.mind import Mind
from agents.court.minds.model import ModelMind
from agents.court.minds.rules import RulesMind
from agents.court.minds.seated import Seated
from agents.court.prompts.prompt import Part, load_prompts
from agents.llm.asking import Asker
from agents.llm.attempt import ROLES, Attempt
from config.settings import Settings
from risk.proposal import Proposal
from risk.verdict import Outcome, Verdict
from rl.adjuster import Off


def court_aside(
    settings: Settings, asker: Asker | None, own_prompts: Mapping[Part, str], note: Callable[[Attempt], object]
) -> Court:
    """The court of these settings. `asker` answers for its models; None if the rules mind sits. `note` is told each attempt."""
    court, minds = settings.court, settings.minds
    rules = RulesMind(court, settings.limits)
    told = load_prompts(minds, court, own_prompts)
    whole: Mind = rules if asker is None else ModelMind(asker, rules, minds, prompts=told)
    mind = whole if len(set(court.seats)) == len(ROLES) else Seated(whole, court.seats, by_side=court.sides == "both")
    return Court(
        Bench(
            mind=mind,
            adjuster=Off(),
            judge=_unasked,
            role_deadline_s=court.role_deadline_s,
            note=note,
            court=court,
        )
    )


def _unasked(proposal: Proposal) -> Verdict:
    """The gate is not asked."""
    return Verdict(
        decision_id=proposal.decision_id,
        symbol=proposal.symbol,
        as_of_utc=proposal.as_of_utc,
        outcome=Outcome.REFUSED,
        binding_rule="ruling",
        rules=(),
    )
