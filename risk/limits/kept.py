"""Reports that the gate has made already: it is asked about a case before its hearing, to see whether anything of it could be
bought at all, and again after it.

What was said in between changes the argument and the scales of the proposal, and nothing else; only the rules whose row says
`hears` read those. The reports of the others are taken again if, and only if, the whole situation is the same beside that: the
market, the book to the last digit, and the rest of the proposal. One digit of difference, and every rule is asked anew.
"""

from dataclasses import fields
from typing import Any

from risk.facts import Facts, Rule, Situation
from risk.limits.catalogue import HEARING
from risk.verdict import RuleReport

SAID = frozenset({"argument", "docket", "shorts", "ruling_scale", "adjust_scale"})
"""What a hearing changes of a proposal. A docket counts by its returns alone, and a situation that has those is never kept."""

MOST = 32
"""Cases whose reports are kept at a time."""

_GIVEN = tuple(
    field.name for field in fields(Situation) if field.name not in {"proposal", "portfolio", "returns", "docket"}
)


class KeptReports:
    """The reports of one gate on the last cases, by decision."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], dict[Rule, RuleReport]]] = {}

    def of(self, facts: Facts) -> dict[Rule, RuleReport]:
        """The reports that were made in this situation; one in which none was made, or that cannot be kept, has none yet."""
        if facts.docket is not None:
            return {}
        decision_id, situation = facts.proposal.decision_id, _situation(facts)
        known = self._kept.get(decision_id)
        if known is None or known[0] != situation:
            if len(self._kept) >= MOST:
                self._kept.clear()
            known = self._kept[decision_id] = situation, {}
        return known[1]


def report_on(rule: Rule, facts: Facts, kept: dict[Rule, RuleReport]) -> RuleReport:
    """The report of a rule, made once for a situation unless it depends on what was said."""
    if rule in HEARING:
        return rule(facts)
    if rule not in kept:
        kept[rule] = rule(facts)
    return kept[rule]


def _situation(facts: Facts) -> tuple[Any, ...]:
    """All that a rule can read, but for what was said. Money is compared by its digits: 1.0 and 1.00 are written differently."""
    proposed = [value for name, value in vars(facts.proposal).items() if name not in SAID]
    rest = [getattr(facts, name) for name in _GIVEN]
    returns = facts.returns.shape, facts.returns.strides, facts.returns.T.tobytes()
    return (*proposed, *rest, *returns, facts.portfolio.canonical(), facts.breakers.canonical(), facts.stop)
