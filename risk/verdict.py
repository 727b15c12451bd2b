"""The verdict of the gate: the report of every rule, and the signed order if there is one."""

from decimal import Decimal
from enum import StrEnum

from config.frozen import Frozen, UtcTime
from risk.order import Order


class Reaction(StrEnum):
    """What a rule did. `CUT` lowers the notional, `REFUSE` refuses the proposal, the others also trip a breaker."""

    PASS = "pass"
    CUT = "cut"
    REFUSE = "refuse"
    CLOSE_ONLY = "close_only"
    HALT = "halt"


class Outcome(StrEnum):
    SIGNED = "signed"
    REFUSED = "refused"


class RuleReport(Frozen):
    """The report of one rule: `number` and `limit`, both in `unit`, and `notional_cap` [quote] if the rule is a cap."""

    code: str
    number: float | None
    limit: float | None
    unit: str
    reaction: Reaction
    notional_cap: Decimal | None = None
    note: str = ""


class Verdict(Frozen):
    """The final decision on one proposal. `order` is not None if, and only if, the outcome is SIGNED."""

    decision_id: str
    symbol: str
    as_of_utc: UtcTime
    outcome: Outcome
    binding_rule: str
    rules: tuple[RuleReport, ...]
    notional: Decimal = Decimal(0)
    stop_fraction: float | None = None
    """Distance of the protective stop below the fill, as a fraction of the fill price."""
    order: Order | None = None

    def with_rule(self, report: RuleReport) -> "Verdict":
        """The same verdict with one more rule. If that rule does not pass, the order is removed."""
        rules = (*self.rules, report)
        if report.reaction in (Reaction.PASS, Reaction.CUT):
            return self.model_copy(update={"rules": rules})
        return Verdict(
            decision_id=self.decision_id,
            symbol=self.symbol,
            as_of_utc=self.as_of_utc,
            outcome=Outcome.REFUSED,
            binding_rule=report.code,
            rules=rules,
        )
